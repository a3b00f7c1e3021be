import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import type { AnyNode } from 'acorn';
import { fullAncestor } from 'acorn-walk';
import type { SourcePlace } from '../errors/bundle-errors.ts';
import { BundleError } from '../errors/bundle-errors.ts';
import { hashText } from './content-hash.ts';
import type { CodeEdit } from './edit-code.ts';
import { listedAssetsOf } from './listed-assets.ts';
import type { ParsedCode } from './parsed-code.ts';

/** Files that the user's modules name by their own place or list as assets, and how the code is changed to find them in the bundle. */
export interface CarriedAssets {
  /** By path relative to the bundle's folder. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** What names an asset: its label, `data/digits.csv`, and a SHA-256 of the file or of all in the folder. */
  readonly byNode: ReadonlyMap<AnyNode, { readonly label: string; readonly sha256: string }>;
  /** What lists an asset of a step or a pipeline. */
  readonly listed: ReadonlySet<AnyNode>;
  /** What asks where its module lies and names no file by that, as in `const here = import.meta.dirname`. */
  readonly openPlaces: ReadonlySet<AnyNode>;
  /** Those that a pipeline lists: by label, SHA-256. */
  readonly ofEveryStep: ReadonlyMap<string, string>;
  readonly edits: readonly CodeEdit[];
  /** Absolute paths of the files read, each with the SHA-256 of its content. */
  readonly sources: ReadonlyMap<string, string>;
  /** Absolute paths of the folders read. */
  readonly folders: ReadonlySet<string>;
}

interface Mention {
  readonly node: AnyNode;
  /** Absolute. */
  readonly module: string;
}

/**
 * A module keeps its place: `import.meta.url` and its like give a path under `assets/` whose surroundings are those of the module in the
 * project, as far as the code names them by literals: `new URL('./data.csv', import.meta.url)`,
 * `join(import.meta.dirname, 'data', 'x.csv')`. So do the files that a step or a pipeline lists as its `assets`, in which case the code may
 * make up their names as it runs.
 *
 * @throws BundleError where `new URL` or a list names what is not there, or a list is not written out.
 */
export function carryAssets(parsed: ParsedCode, root: string, entryFile: string): CarriedAssets {
  const places: (Mention & { readonly what: 'url' | 'dirname' | 'filename' })[] = [];
  const named: (Mention & { readonly path: string })[] = [];
  const listed: (Mention & { readonly path: string; readonly isOfPipeline: boolean })[] = [];
  const openPlaces = new Set<AnyNode>();
  const problems: { message: string; place?: SourcePlace }[] = [];
  const complain = (node: AnyNode, message: string) => {
    const place = parsed.placeOf(node, root);
    problems.push(place === undefined ? { message } : { message, place });
  };
  const absent = (path: string) => `there is no file ${relative(root, path).split(sep).join('/')} to take along`;

  fullAncestor(parsed.program, (node, _state, ancestors) => {
    const what = placeOf(parsed, node);
    if (what === undefined && node.type !== 'CallExpression') return;
    const file = parsed.fileAt(topOf(ancestors, node).start) ?? parsed.originOf(node)?.file;
    if (file === undefined) return;
    const module = join(root, file);
    if (node.type === 'CallExpression') {
      for (const { node: element, path, isOfPipeline } of listedAssetsOf(parsed, node, module)) {
        if (path === undefined) complain(element, 'assets are a list of paths beside this file, written out as texts');
        else if (isThere(path)) listed.push({ node: element, module, path, isOfPipeline });
        else complain(element, absent(path));
      }
    }
    if (what === undefined) return;
    places.push({ node, module, what });
    const user = ancestors.at(-2);
    const path = user === undefined ? undefined : literalPath(user, node, what, module);
    // Comparing it, to tell whether the module is the one that was started, reads nothing.
    const isCompared = user?.type === 'BinaryExpression' && /^[!=]==?$/.test(user.operator);
    if (path === undefined && !isCompared) openPlaces.add(node);
    if (user === undefined || path === undefined) return;
    if (isThere(path)) named.push({ node: user, module, path });
    else if (user.type === 'NewExpression') complain(user, absent(path));
  });
  const throwProblems = () => {
    if (problems.length === 0) return;
    throw new BundleError(
      relative(root, entryFile),
      problems,
      'Name a file or folder that is there. For a place to write to, use a folder of your own choice outside the code.',
    );
  };
  throwProblems();

  const base = commonFolder([
    root,
    ...[...places, ...listed].map(({ module }) => dirname(module)),
    ...[...named, ...listed].map(({ path }) => dirname(path)),
  ]);
  const inside = (path: string) => ['assets', ...relative(base, path).split(sep)].filter(Boolean).join('/');
  const files = new Map<string, Uint8Array>();
  const sources = new Map<string, string>();
  const folders = new Set<string>();
  const byNode = new Map<AnyNode, { label: string; sha256: string }>();
  for (const { node, path } of [...named, ...listed]) {
    const lines: string[] = [];
    const readContent = (file: string): Buffer | undefined => {
      try {
        return readFileSync(file);
      } catch (error) {
        complain(node, `${relative(root, file)} cannot be taken along: ${(error as Error).message}`);
        return undefined;
      }
    };
    const found = filesIn(path, folders);
    for (const { file, reason } of found.refused) complain(node, `${relative(root, file)} ${reason}`);
    for (const file of found.files) {
      const content = readContent(file);
      if (content === undefined) continue;
      const sha256 = hashText(content);
      files.set(inside(file), content);
      sources.set(file, sha256);
      lines.push(`${relative(path, file).split(sep).join('/')} ${sha256}`);
    }
    byNode.set(node, { label: relative(root, path).split(sep).join('/'), sha256: hashText(lines.join('\n')) });
  }
  throwProblems();
  const ofEveryStep = new Map(
    listed.flatMap(({ node, isOfPipeline }) => {
      const asset = byNode.get(node);
      return isOfPipeline && asset !== undefined ? [[asset.label, asset.sha256] as const] : [];
    }),
  );
  const placeEdits = places.map(({ node, module, what }): CodeEdit => {
    const file = inside(module);
    const folder = JSON.stringify(`/${file.slice(0, file.lastIndexOf('/'))}`);
    const texts = {
      url: urlText(file),
      dirname: `(import.meta.dirname + ${folder})`,
      filename: `(import.meta.dirname + ${JSON.stringify(`/${file}`)})`,
    };
    return { start: node.start, end: node.end, text: texts[what] };
  });
  // Says to the compiler that the element was seen here.
  const listEdits = listed.map(({ node, path }): CodeEdit => {
    return { start: node.start, end: node.end, text: urlText(inside(path)) };
  });
  return {
    files,
    byNode,
    listed: new Set(listed.map(({ node }) => node)),
    openPlaces,
    ofEveryStep,
    edits: [...placeEdits, ...listEdits],
    sources,
    folders,
  };
}

/** Code for the URL of a file of the bundle, whatever is in its name. */
function urlText(file: string): string {
  return `new URL(${JSON.stringify(file.split('/').map(encodeURIComponent).join('/'))}, import.meta.url).href`;
}

/** `import.meta.url` and what else tells a module where it lies. */
function placeOf(parsed: ParsedCode, node: AnyNode): 'url' | 'dirname' | 'filename' | undefined {
  if (node.type === 'Identifier' && /^__(dirname|filename)$/.test(node.name)) {
    if (parsed.variables.has(node.start)) return undefined;
    return node.name === '__dirname' ? 'dirname' : 'filename';
  }
  if (node.type !== 'MemberExpression' || node.object.type !== 'MetaProperty') return undefined;
  const name = node.property.type === 'Identifier' && !node.computed ? node.property.name : '';
  return name === 'url' || name === 'dirname' || name === 'filename' ? name : undefined;
}

function isThere(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() === true || stat?.isDirectory() === true;
}

function topOf(ancestors: readonly AnyNode[], node: AnyNode): AnyNode {
  return ancestors[1] ?? node;
}

function literalPath(user: AnyNode, place: AnyNode, what: string, module: string): string | undefined {
  if (user.type === 'NewExpression' && what === 'url') {
    const [path, base] = user.arguments;
    const isUrl = user.callee.type === 'Identifier' && user.callee.name === 'URL' && base === place;
    const text = path?.type === 'Literal' && typeof path.value === 'string' ? path.value : undefined;
    if (!isUrl || text === undefined || /^[a-z][a-z\d+.-]+:/i.test(text)) return undefined;
    const decoded = decodePath(text.replace(/[?#].*$/, ''));
    return decoded === undefined ? undefined : join(dirname(module), decoded);
  }
  if (user.type === 'CallExpression' && what === 'dirname' && user.arguments[0] === place) {
    const name =
      user.callee.type === 'MemberExpression' && user.callee.property.type === 'Identifier'
        ? user.callee.property.name
        : user.callee.type === 'Identifier'
          ? user.callee.name
          : '';
    const rest = user.arguments.slice(1).map((arg) => (arg.type === 'Literal' ? arg.value : undefined));
    const isPath = /^(join|resolve)\d*$/.test(name) && rest.length > 0;
    return isPath && rest.every((part) => typeof part === 'string') ? join(dirname(module), ...rest) : undefined;
  }
  return undefined;
}

/** Nothing where the percent signs are no escapes: Node opens no such URL either. */
function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

interface AssetFiles {
  readonly files: string[];
  readonly refused: { readonly file: string; readonly reason: string }[];
}

/** The file, or all files of the folder in a fixed order. A link that leads nowhere is passed over: editors make such. Notes each folder. */
function filesIn(
  path: string,
  folders: Set<string>,
  found: AssetFiles = { files: [], refused: [] },
  within: readonly string[] = [],
): AssetFiles {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return found;
  if (stat.isFile()) found.files.push(path);
  else if (!stat.isDirectory()) found.refused.push({ file: path, reason: 'is no file' });
  else {
    const real = realpathSync(path);
    if (within.includes(real)) {
      found.refused.push({ file: path, reason: 'links to a folder that it is in' });
      return found;
    }
    folders.add(path);
    for (const name of readdirSync(path).sort())
      if (name !== 'node_modules' && name !== '.git' && name !== '.mlstack')
        filesIn(join(path, name), folders, found, [...within, real]);
  }
  return found;
}

function commonFolder(folders: readonly string[]): string {
  const [first = '', ...rest] = folders;
  let common = first;
  for (const folder of rest) {
    while (relative(common, folder).startsWith('..')) common = dirname(common);
  }
  return common;
}
