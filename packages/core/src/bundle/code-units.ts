import type { AnyNode, Program } from 'acorn';
import type { ParsedCode } from './parsed-code.ts';

/** A declaration or statement at the top level of the bundled code: the smallest thing that a fingerprint takes or leaves. */
export interface CodeUnit {
  /** Unique: `src/helpers.ts#normalise`; `src/setup.ts (top level)` for a statement. */
  readonly label: string;
  readonly node: AnyNode;
  /** Names that it declares, as they are called in the bundled code. */
  readonly declares: readonly string[];
  /** Added by the bundler; its text says nothing about the user's code. */
  readonly isRuntime: boolean;
}

/** A name that the bundled code imports. */
export interface ImportedName {
  /** `package:zod@4.6.7/index.js`, `node:fs`, `@mlstack/core`. */
  readonly specifier: string;
  /** `*` for the namespace. */
  readonly imported: string;
}

export interface TopLevel {
  readonly units: readonly CodeUnit[];
  readonly imports: ReadonlyMap<string, ImportedName>;
  /** Modules imported for what they do. */
  readonly bareImports: readonly string[];
}

export function readTopLevel(parsed: ParsedCode): TopLevel {
  const units: CodeUnit[] = [];
  const imports = new Map<string, ImportedName>();
  const bareImports: string[] = [];
  const label = labels(parsed);
  const add = (node: AnyNode, names: readonly AnyNode[]) => {
    const declares = names.map((name) => (name.type === 'Identifier' ? name.name : ''));
    const isRuntime =
      declares.some((name) => name.startsWith('__')) &&
      (parsed.originOf(node) === undefined || parsed.fileAt(node.start) === undefined);
    units.push({ label: label(node, names[0]), node, declares, isRuntime });
  };
  for (const node of parsed.program.body) {
    switch (node.type) {
      case 'ImportDeclaration':
        if (node.specifiers.length === 0) bareImports.push(String(node.source.value));
        for (const specifier of node.specifiers) {
          imports.set(specifier.local.name, {
            specifier: String(node.source.value),
            imported: importedName(specifier),
          });
        }
        break;
      case 'VariableDeclaration':
        for (const declarator of node.declarations) add(declarator, boundIdentifiers(declarator.id));
        break;
      case 'FunctionDeclaration':
      case 'ClassDeclaration':
        add(node, node.id === null ? [] : [node.id]);
        break;
      case 'ExportNamedDeclaration':
      case 'ExportAllDeclaration':
        break;
      default:
        add(node, []);
    }
  }
  return { units, imports, bareImports };
}

function importedName(node: (Program['body'][number] & { type: 'ImportDeclaration' })['specifiers'][number]): string {
  if (node.type === 'ImportDefaultSpecifier') return 'default';
  if (node.type === 'ImportNamespaceSpecifier') return '*';
  return node.imported.type === 'Identifier' ? node.imported.name : String(node.imported.value);
}

function boundIdentifiers(pattern: AnyNode | null): readonly AnyNode[] {
  switch (pattern?.type) {
    case 'Identifier':
      return [pattern];
    case 'ObjectPattern':
      return pattern.properties.flatMap((part) =>
        boundIdentifiers(part.type === 'Property' ? part.value : part.argument),
      );
    case 'ArrayPattern':
      return pattern.elements.flatMap((element) => boundIdentifiers(element));
    case 'AssignmentPattern':
      return boundIdentifiers(pattern.left);
    case 'RestElement':
      return boundIdentifiers(pattern.argument);
    default:
      return [];
  }
}

/** Labels that do not depend on what the bundler called a thing to keep it apart from its namesakes. */
function labels(parsed: ParsedCode): (node: AnyNode, name: AnyNode | undefined) => string {
  const taken = new Map<string, number>();
  return (node, name) => {
    const file = parsed.fileAt(node.start) ?? parsed.originOf(node)?.file ?? '';
    const base = name?.type === 'Identifier' ? `${file}#${originalName(parsed, name)}` : `${file} (top level)`;
    const count = (taken.get(base) ?? 0) + 1;
    taken.set(base, count);
    return count === 1 ? base : `${base}~${count}`;
  };
}

function originalName(parsed: ParsedCode, node: AnyNode & { type: 'Identifier' }): string {
  const origin = parsed.originOf(node);
  if (origin?.name !== undefined) return origin.name;
  // What the bundler makes up for a module as a whole has a number of its own where two modules have the same name.
  if (origin === undefined) return node.name.replace(/\d+$/, '');
  return node.name.endsWith('_default') ? 'default' : node.name;
}
