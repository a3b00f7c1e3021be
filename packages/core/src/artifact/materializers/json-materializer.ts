import type { Materializer } from '../materializer.ts';
import { decodeJson } from './decode-json.ts';
import { encodeJson } from './encode-json.ts';

/**
 * Plain values: what JSON says, and `undefined`, `NaN`, infinities, `-0`, bigints, dates, maps, sets, typed arrays and array
 * buffers, nested as they like.
 *
 * File: `value.json`, UTF-8 JSON. What JSON cannot say stands as `{"$type": name, "value": …}`, with `name` one of `undefined`,
 * `number` (`"NaN"`, `"Infinity"`, `"-Infinity"`, `"-0"`), `bigint` (decimal text), `date` (ISO 8601 or `null` for an invalid one), `map` (list of pairs),
 * `set` (list), the name of a typed array or `ArrayBuffer` (base64 of its little-endian bytes), and `object` (list of pairs) for
 * an object that has a key `$type` itself.
 */
export const jsonMaterializer: Materializer<unknown> = {
  id: 'json',
  version: 1,
  accepts: () => true,
  save: async (value, writer) => writer.writeFile('value.json', encodeJson(value)),
  load: async (reader) => decodeJson(await reader.readBytes('value.json')),
};
