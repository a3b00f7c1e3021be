import type { AnyNode, Identifier, Literal } from 'acorn';
import { simple } from 'acorn-walk';
import type { PackageRequest } from './bundle-packages.ts';
import { namespaceExport, requireExport } from './bundle-packages.ts';
import type { PackageModule } from './bundle-user-code.ts';
import type { CodeEdit } from './edit-code.ts';
import type { ParsedCode } from './parsed-code.ts';

/** How user code imports packages, and how it is changed so that it imports the bundled ones. */
export interface PackageImports {
  /** Sorted by name. */
  readonly requests: readonly PackageRequest[];
  readonly edits: readonly CodeEdit[];
  /** Lines that go before the code. */
  readonly banner: string;
  /** The import of a name from a package, by the request's name and the name. */
  findImport(request: string, name: string): AnyNode | undefined;
}

interface OpenRequest {
  readonly module: PackageModule;
  readonly names: Set<string>;
  namespace: boolean;
  star: boolean;
  require: boolean;
}

export function planPackageImports(parsed: ParsedCode, modules: ReadonlyMap<string, PackageModule>): PackageImports {
  const open = new Map<string, OpenRequest>();
  const edits: CodeEdit[] = [];
  const nodes = new Map<string, AnyNode>();
  let usesRequire = false;
  const fileNames = nameFiles([...modules.values()]);
  const pathOf = (module: PackageModule) => JSON.stringify(`./packages/${fileNames.get(module.specifier)}.mjs`);
  const addName = (wanted: OpenRequest, name: string, node: AnyNode) => {
    wanted.names.add(name);
    nodes.set(`${fileNames.get(wanted.module.specifier)} ${name}`, node);
  };
  const request = (source: unknown): OpenRequest | undefined => {
    const module = isLiteral(source) ? modules.get(String(source.value)) : undefined;
    if (module === undefined) return undefined;
    const known = open.get(module.specifier) ?? {
      module,
      names: new Set(),
      namespace: false,
      star: false,
      require: false,
    };
    open.set(module.specifier, known);
    return known;
  };

  simple(parsed.program, {
    ImportDeclaration(node) {
      const wanted = request(node.source);
      if (wanted === undefined) return;
      for (const specifier of node.specifiers) {
        if (specifier.type === 'ImportDefaultSpecifier') addName(wanted, 'default', node);
        else if (specifier.type === 'ImportSpecifier') addName(wanted, exportedName(specifier.imported), node);
        else {
          wanted.namespace = true;
          edits.push({
            start: specifier.start,
            end: specifier.end,
            text: `{ ${namespaceExport} as ${specifier.local.name} }`,
          });
        }
      }
      edits.push({ start: node.source.start, end: node.source.end, text: pathOf(wanted.module) });
    },
    ExportNamedDeclaration(node) {
      const wanted = request(node.source);
      if (wanted === undefined || node.source == null) return;
      for (const { local } of node.specifiers) addName(wanted, exportedName(local), node);
      edits.push({ start: node.source.start, end: node.source.end, text: pathOf(wanted.module) });
    },
    ExportAllDeclaration(node) {
      const wanted = request(node.source);
      if (wanted === undefined) return;
      if (node.exported == null) wanted.star = true;
      else {
        wanted.namespace = true;
        const text = `export { ${namespaceExport} as ${exportedName(node.exported)} } from ${pathOf(wanted.module)};`;
        edits.push({ start: node.start, end: node.end, text });
        return;
      }
      edits.push({ start: node.source.start, end: node.source.end, text: pathOf(wanted.module) });
    },
    ImportExpression(node) {
      const wanted = request(node.source);
      if (wanted === undefined) return;
      wanted.namespace = true;
      edits.push({
        start: node.start,
        end: node.end,
        text: `import(${pathOf(wanted.module)}).then((m) => m.${namespaceExport})`,
      });
    },
    CallExpression(node) {
      if (node.callee.type !== 'Identifier' || !/^(__)?require$/.test(node.callee.name)) return;
      usesRequire = true;
      const wanted = request(node.arguments[0]);
      if (wanted !== undefined) wanted.require = true;
    },
    Identifier(node) {
      if (node.name === 'require') usesRequire = true;
    },
  });

  const requests = [...open.values()].map(
    ({ module, names, ...rest }): PackageRequest => ({
      ...rest,
      file: module.file,
      name: fileNames.get(module.specifier) ?? '',
      names: [...names].sort(),
    }),
  );
  return {
    requests: requests.sort((a, b) => (a.name < b.name ? -1 : 1)),
    edits,
    banner: usesRequire
      ? requireLines(
          [...open.values()].filter(({ require }) => require),
          pathOf,
        )
      : '',
    findImport: (name, exported) => nodes.get(`${name} ${exported}`),
  };
}

/** `require` for the user's own CommonJS modules: packages come from the bundle, the rest from Node. */
function requireLines(required: readonly OpenRequest[], pathOf: (module: PackageModule) => string): string {
  const imports = required.map(({ module }, at) => `import{${requireExport} as __required${at}}from${pathOf(module)};`);
  const cases = required.map(({ module }, at) => `${JSON.stringify(module.specifier)}:__required${at}`);
  return [
    "import{createRequire as __createRequire}from'node:module';",
    ...imports,
    `const require=((node,bundled)=>Object.assign((id)=>id in bundled?bundled[id]():node(id),node))(__createRequire(import.meta.url),{__proto__:null,${cases.join(',')}});\n`,
  ].join('');
}

/** Short names where they are unambiguous: `zod`, `zod-2`. */
function nameFiles(modules: readonly PackageModule[]): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  const names = new Map<string, string>();
  for (const { specifier, package: owner } of [...modules].sort((a, b) => (a.specifier < b.specifier ? -1 : 1))) {
    const base = owner.name
      .replace(/^@/, '')
      .replace(/[^a-zA-Z0-9_-]/g, '-')
      .toLowerCase();
    let name = base;
    for (let count = 2; taken.has(name); count++) name = `${base}-${count}`;
    taken.add(name);
    names.set(specifier, name);
  }
  return names;
}

function exportedName(node: Identifier | Literal): string {
  return node.type === 'Identifier' ? node.name : String(node.value);
}

function isLiteral(node: unknown): node is Literal {
  return typeof node === 'object' && node !== null && 'type' in node && node.type === 'Literal';
}
