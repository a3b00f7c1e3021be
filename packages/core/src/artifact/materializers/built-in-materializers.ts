import type { MaterializerReference } from '../artifact-record.ts';
import type { Materializer } from '../materializer.ts';
import { arrayBufferMaterializer, bufferMaterializer, bytesMaterializer } from './bytes-materializer.ts';
import { filesMaterializer } from './files-materializer.ts';
import { jsonMaterializer } from './json-materializer.ts';
import { textMaterializer } from './text-materializer.ts';

/** In the order in which they are asked whether they accept a value; the last accepts everything and says what it cannot store. */
const builtInMaterializers = [
  bytesMaterializer,
  bufferMaterializer,
  arrayBufferMaterializer,
  textMaterializer,
  filesMaterializer,
  jsonMaterializer,
] as readonly Materializer<unknown>[];

/** The materializer of an output without a declaration. */
export function chooseMaterializer(value: unknown): Materializer<unknown> {
  return builtInMaterializers.find((materializer) => materializer.accepts?.(value) === true) ?? jsonMaterializer;
}

/** The built-in one that reads what it or an earlier version of it wrote, or `undefined` where another one did. */
export function findBuiltInMaterializer({ id, version }: MaterializerReference): Materializer<unknown> | undefined {
  return builtInMaterializers.find((materializer) => materializer.id === id && version <= materializer.version);
}
