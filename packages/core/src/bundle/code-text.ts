import type { AnyNode } from 'acorn';
import type { Variable } from 'eslint-scope';
import type { ParsedCode } from './parsed-code.ts';

/** What a piece of code says, without its layout, and what it uses. */
export interface CodeText {
  /**
   * Its syntax tree, with local names numbered and top-level names replaced by `nameOf`: comments, formatting, and what the bundler
   * calls a thing leave no trace.
   */
  readonly text: string;
  /** Top-level names of the bundled code that it mentions, in order. */
  readonly uses: ReadonlySet<string>;
  /** Modules that it imports or requires when it runs. */
  readonly modules: ReadonlySet<string>;
  /** The nodes in it that name files beside the code. */
  readonly assets: readonly AnyNode[];
  /** It asks where its module lies and names no file by that: it may read any file beside the code. */
  readonly readsAnyAsset: boolean;
  /** It evaluates or imports what cannot be known beforehand. */
  readonly isUnbounded: boolean;
  /** It reads what is around it and has no top-level name: a local of a block, the class that it stands in, its `this`. */
  readonly isOpen: boolean;
}

/** Fields that tell where a node stands or how it is laid out. */
const layout = new Set(['type', 'start', 'end', 'loc', 'range', 'raw', 'shorthand']);

/**
 * @param nameOf what stands for a top-level name in the text.
 * @param isAsset whether a node names a file beside the code.
 * @param isOpenPlace whether a node asks where its module lies, apart from those that name a file.
 */
export function readCodeText(
  parsed: ParsedCode,
  root: AnyNode,
  nameOf: (name: string) => string,
  isAsset: (node: AnyNode) => boolean,
  isOpenPlace: (node: AnyNode) => boolean,
): CodeText {
  const out: string[] = [];
  const uses = new Set<string>();
  const modules = new Set<string>();
  const assets: AnyNode[] = [];
  const locals = new Map<Variable, number>();
  const requests = new Set<unknown>();
  let readsAnyAsset = false;
  let isUnbounded = false;
  let isOpen = false;
  /** How many functions with a `this` of their own are around. */
  let functions = 0;

  function writeIdentifier(node: AnyNode & { type: 'Identifier' }): void {
    if (isOpenPlace(node)) readsAnyAsset = true;
    const variable = parsed.variables.get(node.start);
    if (variable === undefined) {
      out.push(node.name);
    } else if (parsed.topLevel.has(variable)) {
      uses.add(variable.name);
      out.push(`@${nameOf(variable.name)}`);
    } else {
      const number = locals.get(variable) ?? locals.size;
      locals.set(variable, number);
      out.push(`%${number}`);
      if (!isWithin(root, variable.scope.block)) isOpen = true;
    }
  }

  function write(value: unknown, isPropertyName = false): void {
    if (Array.isArray(value)) {
      out.push('[');
      for (const element of value) write(element);
      out.push(']');
    } else if (!isNode(value)) {
      out.push(typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? 'undefined'));
    } else if (value.type === 'Literal' && typeof value.value === 'string' && (isPropertyName || requests.has(value))) {
      out.push(requests.has(value) ? withoutVersion(value.value) : propertyName(value.value));
    } else if (value.type === 'Identifier') {
      if (isPropertyName) out.push(value.name);
      else writeIdentifier(value);
    } else {
      if (isAsset(value)) assets.push(value);
      if (isOpenPlace(value)) readsAnyAsset = true;
      const source = requestOf(value);
      if (source !== undefined) requests.add(source);
      const request = requestIn(value);
      if (request === 'unknown') isUnbounded = true;
      else if (request !== undefined) modules.add(request);
      if (value.type === 'PrivateIdentifier' || (functions === 0 && isOfAround(value))) isOpen = true;
      const isFunction = value.type === 'FunctionExpression' || value.type === 'FunctionDeclaration';
      if (isFunction) functions++;
      out.push('(', value.type);
      for (const [key, field] of Object.entries(value)) {
        if (layout.has(key)) continue;
        out.push(key);
        write(field, isNameField(value, key));
      }
      out.push(')');
      if (isFunction) functions--;
    }
  }

  write(root);
  // What is evaluated may name them.
  if (isUnbounded) out.push(...Array.from(locals.keys(), ({ name }) => name));
  return { text: out.join(' '), uses, modules, assets, readsAnyAsset, isUnbounded, isOpen };
}

function isWithin(root: AnyNode, block: object): boolean {
  const { start, end } = block as AnyNode;
  return root.start <= start && end <= root.end;
}

function isOfAround({ type }: AnyNode): boolean {
  return type === 'ThisExpression' || type === 'Super';
}

function isNameField(node: AnyNode, key: string): boolean {
  const named = 'computed' in node && node.computed ? false : key === 'key' || key === 'property';
  return named || key === 'label' || key === 'meta' || node.type === 'MetaProperty';
}

/** `{ 'a': 1 }` is a way to write `{ a: 1 }`. */
function propertyName(name: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ? name : JSON.stringify(name);
}

/** The module that a piece of code asks for when it runs; `unknown` where anything may come of it. */
function requestIn(node: AnyNode): string | undefined {
  const isCall = node.type === 'CallExpression' || node.type === 'NewExpression';
  if (isCall && node.callee.type === 'Identifier' && /^(eval|Function)$/.test(node.callee.name)) return 'unknown';
  return isRequest(node) ? literalText(requestOf(node)) : undefined;
}

function isRequest(node: AnyNode): boolean {
  if (node.type === 'ImportExpression') return true;
  const isCall = node.type === 'CallExpression' || node.type === 'NewExpression';
  return isCall && node.callee.type === 'Identifier' && /^(__)?require$/.test(node.callee.name);
}

/** What names the module. */
function requestOf(node: AnyNode): AnyNode | undefined {
  if (!isRequest(node)) return undefined;
  if (node.type === 'ImportExpression') return node.source;
  return node.type === 'CallExpression' || node.type === 'NewExpression' ? node.arguments[0] : undefined;
}

function literalText(node: AnyNode | undefined): string {
  return node?.type === 'Literal' && typeof node.value === 'string' ? node.value : 'unknown';
}

/** A package's version and files count by what is in them, apart from the code that names it. */
export function withoutVersion(specifier: string): string {
  return specifier.replace(/^(package:@?[^@]+)@[^/]+\//, '$1/');
}

export function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}
