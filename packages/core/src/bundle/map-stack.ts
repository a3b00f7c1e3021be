import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Rewrites the frames of a stack that lie in a bundle's entry to the user's own files, relative to the project:
 * `src/steps.ts:12:39`. Costs nothing until something fails.
 */
export function mapStack(stack: string, bundleDirectory: string): string {
  const entry = pathToFileURL(join(bundleDirectory, 'entry.mjs')).href;
  const mapFile = join(bundleDirectory, 'entry.mjs.map');
  if (!stack.includes(entry) || !existsSync(mapFile)) return stack;
  const map = new SourceMap(JSON.parse(readFileSync(mapFile, 'utf8')));
  const frame = new RegExp(`${entry.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?:\\?[^:)\\s]*)?:(\\d+):(\\d+)`, 'g');
  return stack.replace(frame, (text, line: string, column: string) => {
    const origin = map.findEntry(Number(line) - 1, Number(column) - 1);
    if (!('originalSource' in origin)) return text;
    return `${decodeSource(origin.originalSource)}:${origin.originalLine + 1}:${origin.originalColumn + 1}`;
  });
}

/** The path of a file that a source map of esbuild's names: it writes them as they stand in a URL. */
export function decodeSource(source: string): string {
  try {
    return decodeURIComponent(source);
  } catch {
    return source;
  }
}
