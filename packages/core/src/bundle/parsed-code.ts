import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from '@jridgewell/sourcemap-codec';
import type { AnyNode, Program } from 'acorn';
import { parse } from 'acorn';
import type { Variable } from 'eslint-scope';
import { analyze } from 'eslint-scope';
import type { SourcePlace } from '../errors/bundle-errors.ts';
import type { UserCode } from './bundle-user-code.ts';
import { decodeSource } from './map-stack.ts';

interface DecodedMap {
  readonly sources: readonly string[];
  readonly names: readonly string[];
  readonly mappings: ReturnType<typeof decode>;
}

/** Where something of the bundled code stands in the user's own files. */
export interface SourceOrigin {
  /** Relative to the project, with forward slashes. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** What it is called there, where the bundler renamed it. */
  readonly name?: string;
}

/** Bundled user code, read once for everybody who looks into it. */
export class ParsedCode {
  readonly program: Program;
  /** What each identifier that stands for a variable means, by its offset. Names that nothing declares are not in it. */
  readonly variables: ReadonlyMap<number, Variable>;
  /** Variables of the module itself: its imports and what is declared at its top level. */
  readonly topLevel: ReadonlySet<Variable>;
  readonly #map: DecodedMap;
  readonly #sections: readonly { readonly start: number; readonly file: string }[];

  constructor({ code, map }: Pick<UserCode, 'code' | 'map'>) {
    const { mappings, sources, names } = JSON.parse(map) as Omit<DecodedMap, 'mappings'> & { mappings: string };
    this.#map = { mappings: decode(mappings), sources: sources.map(decodeSource), names };
    const files = new Set(this.#map.sources);
    const sections: { start: number; file: string }[] = [];
    this.program = parse(code, {
      ecmaVersion: 'latest',
      sourceType: 'module',
      locations: true,
      ranges: true,
      onComment: (_block, text, start) => {
        // The bundler puts the path of each module before its code.
        if (files.has(text.slice(1)) && (start === 0 || code[start - 1] === '\n')) {
          sections.push({ start, file: text.slice(1) });
        }
      },
    });
    this.#sections = sections;
    // Both speak ESTree, in declarations of their own. In a module no `eval` declares anything for the code around it.
    const options = { ecmaVersion: 2022, sourceType: 'module', ignoreEval: true } as const;
    const scopes = analyze(this.program as never, options).scopes;
    const topLevel = new Set(scopes.find(({ type }) => type === 'module')?.variables);
    const variables = new Map<number, Variable>();
    for (const variable of [...scopes.flatMap((scope) => scope.variables), ...topLevel]) {
      for (const identifier of [...variable.identifiers, ...variable.references.map((found) => found.identifier)]) {
        const start = startOf(identifier);
        // A class has its name inside and outside of it; at the declaration, outside counts.
        if (variables.get(start) === undefined || topLevel.has(variable)) variables.set(start, variable);
      }
    }
    this.variables = variables;
    this.topLevel = topLevel;
  }

  /** Where the first part of a node comes from; nothing for what the bundler itself added. */
  originOf({ loc }: Pick<AnyNode, 'loc'>): SourceOrigin | undefined {
    if (loc == null) return undefined;
    const { start, end } = loc;
    for (let line = start.line; line <= end.line; line++) {
      for (const [column, source, originalLine = 0, originalColumn = 0, name] of this.#map.mappings[line - 1] ?? []) {
        if (line === start.line && column < start.column) continue;
        if (line === end.line && column >= end.column) return undefined;
        const file = source === undefined ? undefined : this.#map.sources[source];
        if (file === undefined) continue;
        const original = name === undefined ? undefined : this.#map.names[name];
        const place = { file, line: originalLine + 1, column: originalColumn + 1 };
        return original === undefined ? place : { ...place, name: original };
      }
    }
    return undefined;
  }

  /** The same for people, with the line itself. @param root what the files are relative to. */
  placeOf(node: Pick<AnyNode, 'loc'>, root: string): SourcePlace | undefined {
    const origin = this.originOf(node);
    if (origin === undefined) return undefined;
    const { file, line, column } = origin;
    return {
      file,
      line,
      column,
      lineText: readFileSync(join(root, file), 'utf8').split('\n')[line - 1]?.trimEnd() ?? '',
    };
  }

  /** The user's module that a place at the top level belongs to; nothing in what the bundler put before them all. */
  fileAt(offset: number): string | undefined {
    return this.#sections.findLast(({ start }) => start <= offset)?.file;
  }
}

export function startOf(node: object): number {
  return 'start' in node && typeof node.start === 'number' ? node.start : -1;
}
