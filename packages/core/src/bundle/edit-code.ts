import { decode, encode } from '@jridgewell/sourcemap-codec';

/** Replaces the characters from `start` up to `end`. */
export interface CodeEdit {
  readonly start: number;
  readonly end: number;
  /** Without line breaks. */
  readonly text: string;
}

/**
 * Applies edits, each within one line, to code with a source map of version 3, and keeps the map right: what follows an edit in its line moves
 * with it.
 *
 * @param banner lines put before all.
 */
export function editCode(
  code: string,
  map: string,
  edits: readonly CodeEdit[],
  banner = '',
): { readonly code: string; readonly map: string } {
  const sorted = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
  const parts = [banner];
  let at = 0;
  for (const { start, end, text } of sorted) {
    parts.push(code.slice(at, start), text);
    at = end;
  }
  parts.push(code.slice(at));

  const json = JSON.parse(map) as { readonly mappings: string };
  const lines = decode(json.mappings);
  const starts = lineStarts(code);
  // From the last edit to the first, so that the columns of those to come still hold.
  for (const { start, end, text } of sorted.toReversed()) {
    const line = lineOf(starts, start);
    const column = start - (starts[line] ?? 0);
    const shift = text.length - (end - start);
    for (const segment of lines[line] ?? [])
      if (segment[0] > column || (segment[0] === column && end === start)) segment[0] += shift;
  }
  const added = banner.split('\n').length - 1;
  return { code: parts.join(''), map: JSON.stringify({ ...json, mappings: ';'.repeat(added) + encode(lines) }) };
}

function lineStarts(code: string): readonly number[] {
  const starts = [0];
  for (let at = code.indexOf('\n'); at !== -1; at = code.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** The last line that starts at or before the offset. */
function lineOf(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
