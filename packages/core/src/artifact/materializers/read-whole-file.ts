import type { ArtifactReader } from '../materializer.ts';

/** A file's bytes in a buffer of their own, beginning at its start, as typed arrays need it. */
export async function readWholeFile(reader: ArtifactReader, path: string): Promise<Uint8Array<ArrayBuffer>> {
  const size = reader.files.find((file) => file.path === path)?.size ?? 0;
  const bytes = new Uint8Array(size);
  let filled = 0;
  for await (const chunk of reader.readFile(path)) {
    if (filled + chunk.byteLength > size)
      throw new RangeError(`${path} has more than the ${size} bytes that were stored.`);
    bytes.set(chunk, filled);
    filled += chunk.byteLength;
  }
  return bytes;
}
