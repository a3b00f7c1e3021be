import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { BodyParts, BodySizeError } from './body-parts.ts';

async function* chunked(bytes: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let index = 0; at < bytes.byteLength; index++) {
    const length = lengths[index % lengths.length] ?? 1;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

async function gather(parts: BodyParts): Promise<Buffer[]> {
  const gathered: Buffer[] = [];
  for (let part = await parts.next({}); part !== undefined; part = await parts.next({})) {
    expect(part.number).toBe(gathered.length + 1);
    gathered.push(Buffer.from(part.bytes));
  }
  return gathered;
}

const bytes = randomBytes(1000);
for (const partSize of [1, 7, 250, 999, 1000, 1001])
  for (const lengths of [[1], [0, 3], [6, 7, 8], [250], [1000], [5000]])
    test(`parts of ${partSize} bytes are made of chunks of ${lengths} bytes`, async () => {
      const parts = new BodyParts(chunked(bytes, lengths), partSize);
      const gathered = await gather(parts);
      expect(Buffer.concat(gathered).equals(bytes)).toBe(true);
      expect(gathered.slice(0, -1).every(({ byteLength }) => byteLength === partSize)).toBe(true);
      expect(parts.size).toBe(1000);
      expect(parts.digest()).toBe(createHash('sha256').update(bytes).digest('hex'));
    });

test('an empty body is one empty part', async () => {
  for (const body of [new Uint8Array(), chunked(new Uint8Array(), [1])])
    expect((await gather(new BodyParts(body, 10))).map(({ byteLength }) => byteLength)).toEqual([0]);
});

test('callers that ask at the same time get parts that follow each other', async () => {
  const parts = new BodyParts(chunked(bytes, [13]), 100);
  const gathered = await Promise.all(Array.from({ length: 11 }, () => parts.next({})));
  expect(gathered.map((part) => part?.number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, undefined]);
  expect(Buffer.concat(gathered.map((part) => part?.bytes ?? new Uint8Array())).equals(bytes)).toBe(true);
});

test('a body of another length than announced is an error', async () => {
  for (const size of [0, 999, 1001])
    await expect(gather(new BodyParts(chunked(bytes, [100]), 300, { size }))).rejects.toBeInstanceOf(BodySizeError);
});

test('what the body throws is told apart from what the store throws', async () => {
  const error = new Error('the body broke');
  const parts = new BodyParts(
    // biome-ignore lint/correctness/useYield: it breaks before it gives anything
    (async function* () {
      throw error;
    })(),
    10,
  );
  await expect(parts.next({})).rejects.toBe(error);
  expect(parts.failure).toEqual({ error });
});
