import { ValueNotStorableError } from '../../errors/artifact-errors.ts';

const chunkCharacters = 64 * 1024;
/** Containers down to this level are written entry by entry; what lies deeper in one go each. */
const piecewiseLevels = 2;

/**
 * The text of `JSON.stringify(tree)` in parts, so that it is never in memory as a whole.
 *
 * @throws ValueNotStorableError where a part is longer than a string can be.
 */
export function* jsonText(tree: unknown): Generator<string> {
  let text = '';
  try {
    for (const piece of pieces(tree, 0)) {
      text += piece;
      if (text.length < chunkCharacters) continue;
      yield text;
      text = '';
    }
  } catch (error) {
    throw error instanceof RangeError ? jsonTooLong() : error;
  }
  if (text !== '') yield text;
}

export function jsonTooLong(): ValueNotStorableError {
  return new ValueNotStorableError('', 'more than 512 MiB of JSON, which cannot be read back', {
    hint: 'Return numbers as typed arrays, a file by artifactPath, or name a materializer in the outputs of the step.',
  });
}

function* pieces(value: unknown, level: number): Generator<string> {
  if (level === piecewiseLevels || typeof value !== 'object' || value === null) yield JSON.stringify(value);
  else if (Array.isArray(value)) yield* itemPieces(value, level);
  else {
    let separator = '{';
    for (const [key, item] of Object.entries(value)) {
      yield `${separator}${JSON.stringify(key)}:`;
      separator = ',';
      yield* pieces(item, level + 1);
    }
    yield separator === '{' ? '{}' : '}';
  }
}

/** Items are written in batches, of as many as make a chunk: a call for each number would take its time. */
function* itemPieces(items: readonly unknown[], level: number): Generator<string> {
  let batch = 16;
  let separator = '[';
  for (let start = 0; start < items.length; ) {
    const end = Math.min(start + batch, items.length);
    yield separator;
    separator = ',';
    if (end - start === 1) yield* pieces(items[start], level + 1);
    else {
      const text = JSON.stringify(items.slice(start, end));
      yield text.slice(1, -1);
      if (text.length > chunkCharacters) batch = Math.max(1, batch >> 2);
      else if (text.length < chunkCharacters / 4) batch *= 2;
    }
    start = end;
  }
  yield separator === '[' ? '[]' : ']';
}
