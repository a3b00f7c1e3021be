import { SourceMap } from 'node:module';
import type { Program, Token } from 'acorn';
import { parse } from 'acorn';
import type { ScopeManager } from 'eslint-scope';
import { analyze } from 'eslint-scope';
import type { UserCode } from './bundle-user-code.ts';

/** Where something of the bundled code stands in the user's own files. */
export interface SourceOrigin {
  /** Relative to the project, with forward slashes. */
  readonly file: string;
  /** From 0. */
  readonly line: number;
  /** From 0. */
  readonly column: number;
}

/** Bundled user code, read once for everybody who looks into it. */
export class ParsedCode {
  readonly program: Program;
  readonly tokens: readonly Token[];
  readonly scopes: ScopeManager;
  readonly #map: SourceMap;

  constructor({ code, map }: UserCode) {
    const tokens: Token[] = [];
    this.program = parse(code, {
      ecmaVersion: 'latest',
      sourceType: 'module',
      locations: true,
      ranges: true,
      onToken: tokens,
    });
    this.tokens = tokens;
    // Both speak ESTree; their declarations of it differ in what is optional.
    this.scopes = analyze(this.program as never, { ecmaVersion: 2022, sourceType: 'module' });
    this.#map = new SourceMap(JSON.parse(map));
  }

  /** Nothing for what esbuild itself added. */
  originOf(node: {
    readonly loc?: { readonly start: { readonly line: number; readonly column: number } } | null;
  }): SourceOrigin | undefined {
    if (node.loc == null) return undefined;
    const entry = this.#map.findEntry(node.loc.start.line - 1, node.loc.start.column);
    return 'originalSource' in entry
      ? { file: entry.originalSource, line: entry.originalLine, column: entry.originalColumn }
      : undefined;
  }
}
