import type { Materializer } from '../materializer.ts';
import { decodeJson } from './decode-json.ts';
import { encodeJson, sideFileName } from './encode-json.ts';
import { jsonText, jsonTooLong } from './json-text.ts';
import { readWholeFile } from './read-whole-file.ts';

/** No string of V8 is longer, and reading takes one. */
const maximumCharacters = 2 ** 29 - 24;

/**
 * Plain values: what JSON says, and `undefined`, `NaN`, infinities, `-0`, bigints, dates, maps, sets, typed arrays and array
 * buffers, nested as they like, up to 1000 levels. Instances of classes, functions, symbols and cycles are refused, naming the
 * place. An object without a prototype comes back as a plain one, a hole in a list as `undefined`.
 *
 * File: `value.json`, UTF-8 JSON, with keys, entries and items in their order. What JSON cannot say stands as
 * `{"$type": name, "value": …}`, with `name` one of `undefined`, `number` (`"NaN"`, `"Infinity"`, `"-Infinity"`, `"-0"`),
 * `bigint` (decimal text), `date` (ISO 8601, or `null` for an invalid one), `map` (list of pairs), `set` (list), the name of a
 * typed array, `DataView`, `Buffer` or `ArrayBuffer` (base64 of its little-endian bytes), and `object` (list of pairs) for an object that has
 * a key `$type` or `__proto__` itself. An array of 1 MiB or more has its bytes in a file of its own, `arrays/0.bin`, `arrays/1.bin`
 * and so on, and stands as `{"$type": name, "file": "arrays/0.bin"}`.
 */
export const jsonMaterializer: Materializer<unknown> = {
  id: 'json',
  version: 1,
  accepts: () => true,
  async save(value, writer) {
    const { tree, sideFiles } = encodeJson(value);
    for (const [index, bytes] of sideFiles.entries()) await writer.writeFile(sideFileName(index), bytes);
    const chunks = jsonText(tree);
    const first = Buffer.from(chunks.next().value as string);
    const second = chunks.next();
    await writer.writeFile('value.json', second.done ? first : encodeChunks(first, second.value, chunks));
  },
  async load(reader) {
    const sideFiles = new Map<string, ArrayBuffer>();
    for (const { path } of reader.files)
      if (path !== 'value.json') sideFiles.set(path, (await readWholeFile(reader, path)).buffer);
    const text = Buffer.from((await readWholeFile(reader, 'value.json')).buffer).toString('utf8');
    return decodeJson(text, (file) => {
      const bytes = sideFiles.get(file);
      if (bytes === undefined)
        throw new TypeError(`value.json names the file ${JSON.stringify(file)}, which is not there.`);
      return bytes;
    });
  },
};

async function* encodeChunks(first: Uint8Array, second: string, rest: Iterable<string>): AsyncGenerator<Uint8Array> {
  let characters = first.byteLength + second.length;
  yield first;
  yield Buffer.from(second);
  for (const chunk of rest) {
    characters += chunk.length;
    if (characters > maximumCharacters) throw jsonTooLong();
    yield Buffer.from(chunk);
  }
}
