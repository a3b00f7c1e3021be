import type { Materializer } from '../materializer.ts';

/** Bytes as they are, in the file `value.bin`. Comes back as a `Uint8Array`. */
export const bytesMaterializer: Materializer<Uint8Array> = {
  id: 'bytes',
  version: 1,
  accepts: (value) => value instanceof Uint8Array,
  save: async (value, writer) => writer.writeFile('value.bin', value),
  async load(reader) {
    const { buffer, byteOffset, byteLength } = await reader.readBytes('value.bin');
    return new Uint8Array(buffer, byteOffset, byteLength);
  },
  preview: (value) => `${value.byteLength} bytes`,
};
