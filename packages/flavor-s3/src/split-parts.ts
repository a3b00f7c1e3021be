/** Cuts a stream into parts of exactly `size` bytes, but for the last one. Gives one empty part for an empty stream. */
export async function* splitParts(body: Uint8Array | AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) {
    for (let start = 0; start === 0 || start < body.byteLength; start += size) yield body.subarray(start, start + size);
    return;
  }
  let part = Buffer.allocUnsafe(size);
  let filled = 0;
  let parts = 0;
  for await (const chunk of body) {
    for (let taken = 0; taken < chunk.byteLength; ) {
      const some = chunk.subarray(taken, taken + size - filled);
      part.set(some, filled);
      filled += some.byteLength;
      taken += some.byteLength;
      if (filled === size) {
        yield part;
        parts++;
        part = Buffer.allocUnsafe(size);
        filled = 0;
      }
    }
  }
  if (filled > 0 || parts === 0) yield part.subarray(0, filled);
}
