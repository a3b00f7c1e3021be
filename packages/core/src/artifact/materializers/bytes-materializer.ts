import { types } from 'node:util';
import type { Materializer } from '../materializer.ts';
import { readWholeFile } from './read-whole-file.ts';

const file = 'value.bin';

/** Bytes as they are, in the file `value.bin`. */
export const bytesMaterializer: Materializer<Uint8Array> = {
  id: 'bytes',
  version: 1,
  accepts: (value) => types.isUint8Array(value) && !Buffer.isBuffer(value),
  save: (value, writer) => writer.writeFile(file, value),
  load: (reader) => readWholeFile(reader, file),
  preview: ({ byteLength }) => `${byteLength} bytes`,
};

/** The same for what is to come back as a `Buffer`. */
export const bufferMaterializer: Materializer<Buffer> = {
  id: 'buffer',
  version: 1,
  accepts: (value) => Buffer.isBuffer(value),
  save: (value, writer) => writer.writeFile(file, value),
  load: async (reader) => Buffer.from((await readWholeFile(reader, file)).buffer),
  preview: ({ byteLength }) => `${byteLength} bytes`,
};

/** The same for what is to come back as an `ArrayBuffer`. */
export const arrayBufferMaterializer: Materializer<ArrayBuffer> = {
  id: 'array-buffer',
  version: 1,
  accepts: (value) => types.isArrayBuffer(value),
  save: (value, writer) => writer.writeFile(file, new Uint8Array(value)),
  load: async (reader) => (await readWholeFile(reader, file)).buffer,
  preview: ({ byteLength }) => `${byteLength} bytes`,
};
