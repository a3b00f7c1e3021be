import type { AnyNode } from 'acorn';
import { isNode } from './code-text.ts';
import type { CodeUnit, ImportedName } from './code-units.ts';
import type { ParsedCode } from './parsed-code.ts';

/** What evaluating a unit, or calling what it declares, may change. Errs towards more. */
export interface UnitEffects {
  /** Top-level names that are assigned anywhere in it, in functions too. */
  readonly assigns: ReadonlySet<string>;
  /** When the module is loaded. */
  readonly atLoad: Changes;
  /** When functions in it are called. */
  readonly whenCalled: Changes;
  /** Top-level names whose code may run when the module is loaded. */
  readonly calls: ReadonlySet<string>;
  /** Top-level names whose value, or a part of it, the unit's own names may stand for. */
  readonly aliases: ReadonlySet<string>;
}

interface Changes {
  /** Top-level names whose value's inside is changed. */
  readonly names: Set<string>;
  /** Top-level names handed to calls: changed if what is called changes what it is given. */
  readonly handed: Set<string>;
  /** Something outside the user's modules is changed: a global, the state of a package, the process. */
  world: boolean;
  /** A parameter, or something that may be one, is changed. */
  given: boolean;
}

/** Methods of built-in objects that change them, also where their value is used. */
const changing = new Set(
  'add clear copyWithin delete fill pop push reverse set shift sort splice unshift append insert register'.split(' '),
);
/** Functions of `Object` and `Reflect` that change their first argument. */
const changingFirst = new Set('assign defineProperty defineProperties setPrototypeOf set deleteProperty'.split(' '));

/** Functions of the bundler's that apply decorators to what they are given: `__decorateElement`, `__decorateClass`. */
const decorating = /^__decorate[A-Z]/;

/** What is seen of a call to one of these is a value; the definitions that core's functions are given run later. */
const definers = new Set(['step', 'pipeline', 'defineMaterializer', 'defineFlavor']);

export function readEffects(
  parsed: ParsedCode,
  unit: CodeUnit,
  imports: ReadonlyMap<string, ImportedName>,
): UnitEffects {
  const assigns = new Set<string>();
  const calls = new Set<string>();
  const atLoad = noChanges();
  const whenCalled = noChanges();
  let isConstructing = false;

  function rootOf(node: AnyNode): Root {
    if (node.type === 'MemberExpression') return rootOf(node.object as AnyNode);
    if (node.type === 'ChainExpression') return rootOf(node.expression);
    if (node.type === 'ThisExpression') return { kind: isConstructing ? 'fresh' : 'given' };
    if (node.type !== 'Identifier') return { kind: 'fresh' };
    const variable = parsed.variables.get(node.start);
    if (variable === undefined) return { kind: 'global', name: node.name };
    if (!parsed.topLevel.has(variable)) {
      return { kind: variable.defs.every((def) => isFreshValue(def.node)) ? 'fresh' : 'given' };
    }
    return { kind: imports.has(variable.name) ? 'import' : 'user', name: variable.name };
  }

  function change(target: AnyNode, changes: Changes): void {
    const root = rootOf(target);
    if (root.kind === 'user') changes.names.add(root.name);
    else if (root.kind === 'given') changes.given = true;
    else if (root.kind !== 'fresh') changes.world = true;
  }

  function assign(target: AnyNode, changes: Changes): void {
    if (target.type === 'Identifier') {
      const root = rootOf(target);
      if (root.kind === 'user') assigns.add(root.name);
      else if (root.kind === 'global') changes.world = true;
    } else if (target.type === 'MemberExpression') {
      change(target, changes);
    } else {
      for (const part of childrenOf(target)) assign(part, changes);
    }
  }

  function call(callee: AnyNode, args: readonly AnyNode[], discarded: boolean, changes: Changes): void {
    const root = rootOf(callee);
    const method =
      callee.type === 'MemberExpression' && callee.property.type === 'Identifier' ? callee.property.name : '';
    if (root.kind === 'global' && root.name === 'console') return;
    const isReflective = root.kind === 'global' && (root.name === 'Object' || root.name === 'Reflect');
    if (isReflective) {
      if ((discarded || changingFirst.has(method)) && args[0] !== undefined) change(args[0], changes);
      return;
    }
    if (callee.type === 'MemberExpression' && (discarded || changing.has(method)) && root.kind !== 'import') {
      change(callee, changes);
    }
    if (discarded && (root.kind === 'import' || root.kind === 'global')) changes.world = true;
    const handed = namesIn(callee.type === 'MemberExpression' ? [callee.object, ...args] : args);
    for (const name of handed) {
      changes.handed.add(name);
      if (discarded && (root.kind !== 'user' || decorating.test(root.name))) changes.names.add(name);
    }
  }

  /** User names that a value may hold. */
  function namesIn(nodes: readonly AnyNode[], found = new Set<string>()): ReadonlySet<string> {
    for (const node of nodes) {
      const root = node.type === 'Identifier' ? rootOf(node) : undefined;
      if (root?.kind === 'user') found.add(root.name);
      if (!isFunction(node)) namesIn(childrenOf(node), found);
    }
    return found;
  }

  function visit(node: AnyNode, changes: Changes, discarded: boolean): void {
    if (isFunction(node)) {
      for (const child of childrenOf(node)) visit(child, whenCalled, false);
      return;
    }
    switch (node.type) {
      case 'AssignmentExpression':
        assign(node.left, changes);
        break;
      case 'UpdateExpression':
        assign(node.argument, changes);
        break;
      case 'ForInStatement':
      case 'ForOfStatement':
        if (node.left.type !== 'VariableDeclaration') assign(node.left, changes);
        for (const name of namesIn([node.right])) changes.handed.add(name);
        break;
      case 'MethodDefinition':
        if (node.kind !== 'constructor') break;
        isConstructing = true;
        for (const child of childrenOf(node)) visit(child, changes, false);
        isConstructing = false;
        return;
      case 'UnaryExpression':
        if (node.operator === 'delete') change(node.argument, changes);
        break;
      case 'CallExpression':
      case 'NewExpression': {
        const args = node.arguments;
        if (isDefinition(node.callee)) {
          for (const arg of args) visit(arg, changes, false);
          return;
        }
        call(node.callee, args, discarded, changes);
        if (changes === atLoad) for (const part of [node.callee, ...args]) noteCalled(part);
        // A function that is written where it is called, or handed over there, may run at once.
        for (const part of [node.callee, ...args]) {
          if (isFunction(part)) for (const child of childrenOf(part)) visit(child, changes, false);
          else visit(part, changes, false);
        }
        return;
      }
      case 'TaggedTemplateExpression':
        call(node.tag, [], discarded, changes);
        if (changes === atLoad) noteCalled(node.tag);
        break;
    }
    for (const [child, isDiscarded] of parts(node, discarded)) visit(child, changes, isDiscarded);
  }

  function isDefinition(callee: AnyNode): boolean {
    const root = rootOf(callee);
    const imported = root.kind === 'import' ? imports.get(root.name) : undefined;
    if (imported === undefined || !imported.specifier.startsWith('@mlstack/core')) return false;
    const name =
      callee.type === 'MemberExpression' && callee.property.type === 'Identifier'
        ? callee.property.name
        : imported.imported;
    return definers.has(name);
  }

  function isDefinitionOf(node: AnyNode): boolean {
    if (node.type !== 'VariableDeclarator') return true;
    return node.init?.type === 'CallExpression' && isDefinition(node.init.callee);
  }

  /** Every top-level name in what is called or handed over: any of it may run. */
  function noteCalled(node: AnyNode): void {
    if (node.type === 'Identifier') {
      const variable = parsed.variables.get(node.start);
      if (variable !== undefined && parsed.topLevel.has(variable)) calls.add(variable.name);
    }
    if (!isFunction(node)) for (const child of childrenOf(node)) noteCalled(child);
    else for (const child of childrenOf(node)) noteCalledInside(child);
  }

  function noteCalledInside(node: AnyNode): void {
    if (node.type === 'CallExpression' || node.type === 'NewExpression') noteCalled(node.callee);
    for (const child of childrenOf(node)) noteCalledInside(child);
  }

  visit(unit.node, atLoad, false);
  const aliases = unit.declares.length > 0 && !isDefinitionOf(unit.node) ? namesIn([unit.node]) : new Set<string>();
  return { assigns, atLoad, whenCalled, calls, aliases };
}

type Root =
  | { readonly kind: 'user' | 'import' | 'global'; readonly name: string }
  /** A parameter, `this`, or a local that may stand for one. */
  | { readonly kind: 'given' }
  /** Made where it is used. */
  | { readonly kind: 'fresh' };

function noChanges(): Changes {
  return { names: new Set(), handed: new Set(), world: false, given: false };
}

function isFunction(node: AnyNode): boolean {
  return (
    node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression'
  );
}

/** Whether a local's definition makes a value that nobody else has. */
function isFreshValue(definition: object): boolean {
  if (!isNode(definition) || definition.type !== 'VariableDeclarator') return false;
  const made = ['ArrayExpression', 'ObjectExpression', 'NewExpression', 'Literal', 'TemplateLiteral'];
  return definition.id.type === 'Identifier' && definition.init != null && made.includes(definition.init.type);
}

/** A node's children, each with whether its value is thrown away. */
function parts(node: AnyNode, discarded: boolean): readonly (readonly [AnyNode, boolean])[] {
  switch (node.type) {
    case 'ExpressionStatement':
      return [[node.expression, true]];
    case 'AwaitExpression':
      return [[node.argument, discarded]];
    case 'ChainExpression':
      return [[node.expression, discarded]];
    case 'SequenceExpression':
      return node.expressions.map((expression, at) => [expression, discarded || at < node.expressions.length - 1]);
    case 'UnaryExpression':
      return [[node.argument, node.operator === 'void' || discarded]];
    case 'LogicalExpression':
      return [
        [node.left, false],
        [node.right, discarded],
      ];
    case 'ConditionalExpression':
      return [
        [node.test, false],
        [node.consequent, discarded],
        [node.alternate, discarded],
      ];
    default:
      return childrenOf(node).map((child) => [child, false]);
  }
}

function childrenOf(node: AnyNode): readonly AnyNode[] {
  const children: AnyNode[] = [];
  for (const field of Object.values(node)) {
    if (Array.isArray(field)) children.push(...field.filter(isNode));
    else if (isNode(field)) children.push(field);
  }
  return children;
}
