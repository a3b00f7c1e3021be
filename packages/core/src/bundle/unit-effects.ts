import type { AnyNode } from 'acorn';
import type { Variable } from 'eslint-scope';
import { childrenOf, isFunction, partsOf } from './child-nodes.ts';
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
  /** Whether anything is called when the module is loaded. */
  readonly callsAtLoad: boolean;
  /** Top-level names whose code may run when the module is loaded. */
  readonly calls: ReadonlySet<string>;
  /** Whether the unit's own names may stand for, or give, a part of what other names in it stand for. */
  readonly isAlias: boolean;
  /** Top-level names whose value, or a part of it, the unit's own name is. */
  readonly standsFor: ReadonlySet<string>;
  /** The unit's own names stand for something outside the user's modules, as in `const env = process.env`. */
  readonly isWorldAlias: boolean;
  /** Top-level names whose value may hold a part of that of others, by assignment or as both were handed to one call. */
  readonly links: ReadonlyMap<string, ReadonlySet<string>>;
}

interface Changes {
  /** Top-level names whose value's inside is changed. */
  readonly names: Set<string>;
  /** Top-level names handed to calls: changed if what is called changes what it is given, or its `this`. */
  readonly handed: Set<string>;
  /** Top-level names called to make what is handed to calls. */
  readonly called: Set<string>;
  /** Something outside the user's modules is changed: a global, the state of a package, the process. */
  world: boolean;
  /** Something outside the user's modules is handed to calls. */
  handsWorld: boolean;
  /** A part of `this` is changed. */
  self: boolean;
  /** What may be any value that the code around can get hold of is changed: a parameter, the result of a call. */
  given: boolean;
}

/** Methods of built-in objects that change them, also where their value is used. */
const changing = new Set(
  'add clear copyWithin delete fill pop push reverse set shift sort splice unshift append insert register'.split(' '),
);
/** Functions of `Object` and `Reflect` that change their first argument. */
const changingFirst = new Set('assign defineProperty defineProperties setPrototypeOf set deleteProperty'.split(' '));

/** What packages call functions that change their first argument. */
const changingFirstInPackages =
  /^(assign|merge|mergeWith|mergeDeep|deepmerge|extend|defaults|defaultsDeep|set|unset|update)$/;

/** What packages call functions that change their own state or the process, also where their value is used. */
const configuring = /^(config|configure|init|initialize|setup|install|register|seed|enable|patch|load)([A-Z].*)?$/;

/** Methods whose result is a new list or text. */
const copying = new Set(
  'map filter slice concat flat flatMap keys values entries split from of toSorted toReversed toSpliced with'.split(
    ' ',
  ),
);

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
  const links = new Map<string, Set<string>>();
  let isConstructing = false;
  let isInDefinition = false;
  let callsAtLoad = false;

  /** @param isInside whether what is meant is in the node's value, not the value itself. */
  function rootsOf(node: AnyNode, isInside = false, seen: ReadonlySet<Variable> = new Set()): readonly Root[] {
    const follow = (next: AnyNode, inside = isInside) => rootsOf(next, inside, seen);
    switch (node.type) {
      case 'MemberExpression':
        return follow(node.object, true);
      case 'ChainExpression':
        return follow(node.expression);
      case 'AwaitExpression':
        return follow(node.argument);
      case 'SequenceExpression':
        return node.expressions.slice(-1).flatMap((last) => follow(last));
      case 'ConditionalExpression':
        return [...follow(node.consequent), ...follow(node.alternate)];
      case 'LogicalExpression':
        return [...follow(node.left), ...follow(node.right)];
      case 'AssignmentExpression':
        return follow(node.right);
      case 'ThisExpression':
        return isConstructing && !isInside ? [] : [{ kind: 'self' }];
      case 'ArrayExpression':
      case 'ObjectExpression':
      case 'NewExpression':
        return isInside ? [{ kind: 'given' }] : [];
      case 'CallExpression': {
        const { callee, arguments: args } = node;
        if (callee.type === 'MemberExpression' && copying.has(methodOf(callee)) && !isInside) return [];
        const roots = follow(callee, true);
        if (!roots.every(({ kind }) => kind === 'global' || kind === 'import')) return [...roots, { kind: 'given' }];
        return args.flatMap((arg) => follow(arg.type === 'SpreadElement' ? arg.argument : arg, true));
      }
      case 'Identifier':
        return rootsOfName(node, isInside, seen);
      case 'Super':
      case 'YieldExpression':
        return [{ kind: 'given' }];
      default:
        return [];
    }
  }

  function rootsOfName(
    node: AnyNode & { type: 'Identifier' },
    isInside: boolean,
    seen: ReadonlySet<Variable>,
  ): readonly Root[] {
    const variable = parsed.variables.get(node.start);
    if (variable === undefined) return node.name === 'undefined' ? [] : [{ kind: 'global', name: node.name }];
    if (parsed.topLevel.has(variable)) {
      return [{ kind: imports.has(variable.name) ? 'import' : 'user', name: variable.name }];
    }
    if (seen.has(variable)) return [];
    const isOwn = ({ type }: { type: string }) => type === 'FunctionName' || type === 'ClassName';
    if (variable.defs.length > 0 && variable.defs.every(isOwn)) return isInside ? [{ kind: 'given' }] : [];
    if (!variable.defs.every(({ type }) => type === 'Variable') || variable.defs.length === 0)
      return [{ kind: 'given' }];
    const inner = new Set([...seen, variable]);
    return variable.references.flatMap((reference) => {
      const { writeExpr, partial } = reference as { writeExpr?: object | null; partial?: boolean };
      return writeExpr == null ? [] : rootsOf(writeExpr as AnyNode, isInside || partial === true, inner);
    });
  }

  /** @param object what is changed. */
  function change(object: AnyNode, changes: Changes): void {
    for (const root of rootsOf(object)) {
      if (root.kind === 'user') changes.names.add(root.name);
      else if (root.kind === 'given') changes.given = true;
      else if (root.kind === 'self') changes.self = true;
      else changes.world = true;
    }
  }

  function assign(target: AnyNode, value: AnyNode | undefined, changes: Changes): void {
    if (target.type === 'Identifier') {
      for (const root of parsed.variables.has(target.start) ? [] : rootsOf(target))
        if (root.kind === 'global') changes.world = true;
      const variable = parsed.variables.get(target.start);
      if (variable === undefined || !parsed.topLevel.has(variable)) return;
      assigns.add(variable.name);
      if (value !== undefined) link([variable.name], namesIn([value]));
    } else if (target.type === 'MemberExpression') {
      change(target.object, changes);
      // It may have a setter.
      if (changes === atLoad) noteCalled(target.object);
      if (value !== undefined) link(namesIn([target.object]), namesIn([value]));
    } else {
      for (const part of childrenOf(target)) assign(part, value, changes);
    }
  }

  function link(holders: Iterable<string>, held: Iterable<string>): void {
    const names = [...held];
    for (const holder of holders) {
      const known = links.get(holder) ?? new Set<string>();
      for (const name of names) if (name !== holder) known.add(name);
      links.set(holder, known);
    }
  }

  function call(callee: AnyNode, args: readonly AnyNode[], discarded: boolean, changes: Changes): void {
    const roots = rootsOf(callee);
    const isOf = (kind: Root['kind']) => roots.some((root) => root.kind === kind);
    const isGlobal = (...names: string[]) => roots.some((root) => root.kind === 'global' && names.includes(root.name));
    const method = methodOf(callee);
    if (isGlobal('console')) return;
    if (isGlobal('eval')) changes.world = true;
    if (isGlobal('Object', 'Reflect') && callee.type === 'MemberExpression' && callee.object.type === 'Identifier') {
      if ((discarded || changingFirst.has(method)) && args[0] !== undefined) change(args[0], changes);
      if (args.length > 1) linkAll(args);
      return;
    }
    if (callee.type === 'MemberExpression') {
      const isChanging =
        discarded || changing.has(method) || (callee.computed && callee.property.type !== 'Identifier');
      if (isChanging && !isOf('import')) change(callee.object, changes);
    }
    if (discarded && (isOf('import') || isOf('global'))) changes.world = true;
    const first = roots[0];
    if (first?.kind === 'import') {
      const name = method === '' ? (imports.get(first.name)?.imported ?? '') : method;
      if (configuring.test(name)) changes.world = true;
      if (changingFirstInPackages.test(name) && args[0] !== undefined) change(args[0], changes);
    }
    for (const arg of args) {
      if (rootsOf(arg).some(({ kind }) => kind === 'global' || kind === 'import')) changes.handsWorld = true;
    }
    const given = callee.type === 'MemberExpression' ? [callee.object, ...args] : args;
    const handed = linkAll(given);
    for (const name of namesIn(given)) if (!handed.has(name)) changes.called.add(name);
    const isDecorating = first?.kind === 'user' && decorating.test(first.name);
    // A list changes nothing of what is put into it.
    if (changing.has(method) && !roots.some(({ kind }) => kind === 'user' || kind === 'import')) return;
    const isForeign = isOf('import') || isOf('global') || isOf('given') || isOf('self');
    for (const name of handed) {
      changes.handed.add(name);
      if (discarded && (isForeign || isDecorating)) changes.names.add(name);
    }
  }

  /** What is handed to one call may come to hold each other. */
  function linkAll(nodes: readonly AnyNode[]): ReadonlySet<string> {
    const names = namesIn(nodes, false);
    link(names, namesIn(nodes));
    return names;
  }

  /** User names that a value may hold. @param withCallees also of what is called to make it. */
  function namesIn(nodes: readonly AnyNode[], withCallees = true, found = new Set<string>()): ReadonlySet<string> {
    for (const node of nodes) {
      const variable = node.type === 'Identifier' ? parsed.variables.get(node.start) : undefined;
      if (variable !== undefined && parsed.topLevel.has(variable) && !imports.has(variable.name))
        found.add(variable.name);
      if (isFunction(node)) continue;
      const isCall = node.type === 'CallExpression' || node.type === 'NewExpression';
      const isPlain = isCall && node.callee.type === 'Identifier' && !withCallees;
      namesIn(isPlain ? node.arguments : childrenOf(node), withCallees, found);
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
        assign(node.left, node.right, changes);
        break;
      case 'UpdateExpression':
        assign(node.argument, undefined, changes);
        break;
      case 'ForInStatement':
      case 'ForOfStatement':
        if (node.left.type !== 'VariableDeclaration') assign(node.left, node.right, changes);
        for (const name of namesIn([node.right])) changes.handed.add(name);
        break;
      case 'MethodDefinition':
        if (node.kind !== 'constructor') break;
        isConstructing = true;
        for (const child of childrenOf(node)) visit(child, changes, false);
        isConstructing = false;
        return;
      case 'UnaryExpression':
        if (node.operator === 'delete' && node.argument.type === 'MemberExpression')
          change(node.argument.object, changes);
        break;
      case 'CallExpression':
      case 'NewExpression': {
        const args = node.arguments;
        if (isDefinition(node.callee)) {
          isInDefinition = true;
          for (const arg of args) visit(arg, changes, false);
          isInDefinition = false;
          return;
        }
        if (changes === atLoad && !isInDefinition) callsAtLoad = true;
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
        if (changes === atLoad && !isInDefinition) callsAtLoad = true;
        call(node.tag, node.quasi.expressions, discarded, changes);
        if (changes === atLoad) noteCalled(node.tag);
        break;
    }
    for (const [child, isDiscarded] of partsOf(node, discarded)) visit(child, changes, isDiscarded);
  }

  function isDefinition(callee: AnyNode): boolean {
    const [root] = rootsOf(callee);
    const imported = root?.kind === 'import' ? imports.get(root.name) : undefined;
    if (imported === undefined || !imported.specifier.startsWith('@mlstack/core')) return false;
    return definers.has(callee.type === 'MemberExpression' ? methodOf(callee) : imported.imported);
  }

  function isDefinitionOf(node: AnyNode): boolean {
    return node.type === 'VariableDeclarator' && node.init?.type === 'CallExpression' && isDefinition(node.init.callee);
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

  const { node, declares } = unit;
  visit(node, atLoad, false);
  const value = node.type === 'VariableDeclarator' && node.init != null ? rootsOf(node.init) : [];
  return {
    assigns,
    atLoad,
    whenCalled,
    callsAtLoad,
    calls,
    isAlias: declares.length > 0 && !isDefinitionOf(node),
    standsFor: new Set(value.flatMap((root) => (root.kind === 'user' ? root.name : []))),
    isWorldAlias: value.some(({ kind }) => kind === 'global' || kind === 'import'),
    links,
  };
}

/** Where a value comes from; nowhere for one that is made where it is used. */
type Root =
  | { readonly kind: 'user' | 'import' | 'global'; readonly name: string }
  /** A part of `this`. */
  | { readonly kind: 'self' }
  /** A parameter, what a call gives, or a part of what was put together. */
  | { readonly kind: 'given' };

function noChanges(): Changes {
  return {
    names: new Set(),
    handed: new Set(),
    called: new Set(),
    world: false,
    handsWorld: false,
    self: false,
    given: false,
  };
}

function methodOf(callee: AnyNode): string {
  return callee.type === 'MemberExpression' && callee.property.type === 'Identifier' ? callee.property.name : '';
}
