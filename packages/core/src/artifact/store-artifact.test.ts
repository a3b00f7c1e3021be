import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tfCore from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-layers';
import * as arrow from 'apache-arrow';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ObjectStat, WriteReceipt } from '../component/artifact-store.ts';
import { ArtifactStore } from '../component/artifact-store.ts';
import { ValueNotStorableError } from '../errors/artifact-errors.ts';
import { ObjectCorruptError, ObjectNotFoundError } from '../errors/artifact-store-errors.ts';
import { isArtifactKey } from './artifact-key.ts';
import { loadArtifact } from './load-artifact.ts';
import type { Materializer } from './materializer.ts';
import { defineMaterializer } from './materializer.ts';
import { arrowTable } from './materializers/arrow-table.ts';
import { chooseMaterializer } from './materializers/built-in-materializers.ts';
import { artifactPath, filesMaterializer } from './materializers/files-materializer.ts';
import { tensorflowModel } from './materializers/tensorflow-model.ts';
import { textFile } from './materializers/text-materializer.ts';
import { saveArtifact } from './store-artifact.ts';

/** Keeps objects in memory, in the order of their writes. */
class MemoryStore extends ArtifactStore {
  readonly objects = new Map<string, Uint8Array>();
  constructor() {
    super({
      id: 's',
      name: 'memory',
      type: 'artifact-store',
      flavor: 'memory',
      config: { path: 'memory' },
      context: { stateDirectory: '' },
    });
  }
  async write(key: string, body: Uint8Array | AsyncIterable<Uint8Array>): Promise<WriteReceipt> {
    if (!isArtifactKey(key)) throw new TypeError(`"${key}" is no key`);
    const chunks: Uint8Array[] = [];
    if (body instanceof Uint8Array) chunks.push(body);
    else for await (const chunk of body) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    this.objects.set(key, bytes);
    return { size: bytes.byteLength, sha256: createHash('sha256').update(bytes).digest('hex') };
  }
  async *read(key: string): AsyncIterable<Uint8Array> {
    const bytes = this.objects.get(key);
    if (bytes === undefined) throw new ObjectNotFoundError(this.name, key);
    yield bytes;
  }
  async stat(key: string): Promise<ObjectStat | undefined> {
    const bytes = this.objects.get(key);
    return bytes === undefined ? undefined : { key, size: bytes.byteLength, modifiedAt: new Date(0) };
  }
  async *list(): AsyncIterable<ObjectStat> {}
  async delete(): Promise<void> {}
  uri(key: string): string {
    return key;
  }
}

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'mlstack-materializers-'));
});
afterAll(async () => rm(directory, { recursive: true }));

const options = { temporaryDirectory: () => mkdtemp(path.join(directory, 'read-')) };

async function roundTrip<Value>(
  value: Value,
  materializer: Materializer<Value> = chooseMaterializer(value) as Materializer<Value>,
) {
  const store = new MemoryStore();
  const stored = await saveArtifact(store, 'm/runs/r/step.1.x.output', materializer, value);
  return { store, stored, loaded: await loadArtifact(store, stored, materializer, options) };
}

describe('values without a declaration', () => {
  test('come back as they were, whatever plain values they are made of', async () => {
    const leaf = fc.oneof(
      fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withSet: true,
        withTypedArray: true,
        withNullPrototype: false,
        withBoxedValues: false,
        withObjectString: false,
      }),
      fc.constantFrom(
        Number.NaN,
        -0,
        Number.POSITIVE_INFINITY,
        new Date(Number.NaN),
        { $type: 'date' },
        { a: { $type: 1 } },
      ),
    );
    await fc.assert(
      fc.asyncProperty(leaf, async (value) => {
        expect((await roundTrip(value)).loaded).toEqual(value);
      }),
      { numRuns: 300 },
    );
  });

  test('give equal bytes for equal values', async () => {
    const make = () => ({
      when: new Date(5),
      weights: new Float32Array([1, 2]),
      map: new Map([[1, new Set(['a'])]]),
      big: 12n,
    });
    expect((await roundTrip(make())).stored).toEqual((await roundTrip(make())).stored);
  });

  test('cost one write when they are small', async () => {
    for (const value of [{ a: 1 }, 'text', new Uint8Array(3), undefined])
      expect((await roundTrip(value)).store.objects.size).toBe(1);
  });

  test('are refused with the place where nothing stores them', async () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.inner = { cyclic };
    for (const [value, message] of [
      [{ model: { layers: [1, () => 1] } }, 'A value cannot be stored: model.layers[1] is a function'],
      [{ when: new URL('http://localhost') }, 'when is an instance of URL'],
      [cyclic, 'inner.cyclic is a reference to something that contains it'],
      [Symbol('x'), 'it is a symbol'],
      [{ map: new Map([['a', [Promise.resolve()]]]) }, 'map<value>[0] is an instance of Promise'],
      [{ [Symbol('s')]: 1 }, 'it is an object with a symbol for a key'],
      [{ names: new (class Names extends Array {})() }, 'names is an instance of Names'],
      [Array.from({ length: 1200 }).reduce((inner) => [inner], 0), 'is nested more than 1000 levels deep'],
      [new SharedArrayBuffer(1), 'it is an instance of SharedArrayBuffer'],
      [new Error('x'), 'it is an instance of Error'],
      [{ found: /b(?<c>c)/.exec('abc') }, 'found is an array with a property of its own, "index"'],
      [Object.assign([], { unit: 'm' }), 'it is an array with a property of its own, "unit"'],
    ] as const)
      await expect(roundTrip<unknown>(value)).rejects.toThrow(message);
  });

  test('are named in the error when it is known whose they are', async () => {
    const saved = saveArtifact(
      new MemoryStore(),
      'm',
      chooseMaterializer({}),
      { a: () => 1 },
      { subject: 'Output "x"' },
    );
    await expect(saved).rejects.toThrow('Output "x" cannot be stored: a is a function.');
    await expect(saved).rejects.toMatchObject({ name: 'ValueNotStorableError' });
  });

  test('keep the class of their bytes', async () => {
    const bytes = [1, 2, 250];
    const values = [new Uint8Array(bytes), Buffer.from(bytes), new Uint8Array(bytes).buffer];
    for (const value of [...values, { in: values }, new Uint8ClampedArray(bytes), new DataView(new ArrayBuffer(3))]) {
      const { loaded } = await roundTrip<unknown>(value);
      expect(loaded).toStrictEqual(value);
      expect(Object.getPrototypeOf(loaded)).toBe(Object.getPrototypeOf(value));
    }
    expect((await roundTrip<unknown>(values[0])).stored.key).toMatch(/value\.bin$/);
  });

  test('of many numbers have their bytes in a file of their own, once', async () => {
    const pixels = Float64Array.from({ length: 200_000 }, (_, index) => index / 7);
    const value = { pixels, again: pixels.subarray(3), labels: new Uint8Array(10), same: pixels };
    const { loaded, stored, store } = await roundTrip(value);
    expect(loaded).toEqual(value);
    expect(stored.layout).toBe('manifest');
    expect(store.objects.size).toBe(4);
  });

  test('that are large are written in parts, with the text that JSON has', async () => {
    const rows = Array.from({ length: 5000 }, (_, row) => Array.from({ length: 20 }, (_, column) => row * column));
    const words = Object.fromEntries(rows.map((row, index) => [`word ${index}`, row]));
    for (const value of [rows, { rows, words, empty: [[], {}], more: rows.map((row) => ({ row })) }, rows.flat()]) {
      const { loaded, store } = await roundTrip<unknown>(value);
      expect(loaded).toEqual(value);
      expect(Buffer.from([...store.objects.values()][0] as Uint8Array).toString()).toBe(JSON.stringify(value));
    }
  });

  test('do not reach into prototypes when they are read', async () => {
    const value = JSON.parse('{"__proto__": {"polluted": true}, "a": 1}');
    const { loaded } = await roundTrip(value);
    expect(Object.keys(loaded)).toEqual(['__proto__', 'a']);
    expect((loaded as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('files and folders', () => {
  test('a file keeps its name and bytes', async () => {
    const file = path.join(directory, 'Überblick 1.csv');
    await writeFile(file, 'a,b\n');
    const { loaded } = await roundTrip(artifactPath(file));
    expect(path.basename(loaded.path)).toBe('Überblick 1.csv');
    expect(await readFile(loaded.path, 'utf8')).toBe('a,b\n');
  });

  test('a folder keeps its files, and equal folders have equal hashes', async () => {
    const folders = await Promise.all(
      ['one', 'two'].map(async (name) => {
        await mkdir(path.join(directory, name, 'deep'), { recursive: true });
        await writeFile(path.join(directory, name, 'deep', 'value.txt'), 'x');
        await writeFile(path.join(directory, name, 'a.b'), 'y');
        return artifactPath(path.join(directory, name));
      }),
    );
    const [one, two] = await Promise.all(folders.map((folder) => roundTrip(folder)));
    expect(await readFile(path.join(one?.loaded.path ?? '', 'deep/value.txt'), 'utf8')).toBe('x');
    expect(one?.stored.sha256).toBe(two?.stored.sha256);
  });

  test('a file may be named as the list of files is, two inputs may have the same name', async () => {
    const file = path.join(directory, 'manifest.json');
    await writeFile(file, '{}');
    const { loaded, store, stored } = await roundTrip(artifactPath(file));
    expect(await readFile(loaded.path, 'utf8')).toBe('{}');
    const shared = { temporaryDirectory: async () => directory };
    const again = await loadArtifact(store, stored, chooseMaterializer(artifactPath(file)), shared);
    const twice = await loadArtifact(store, stored, chooseMaterializer(artifactPath(file)), shared);
    expect((again as { path: string }).path).not.toBe((twice as { path: string }).path);
  });

  test('what is not there, and links to folders, are refused', async () => {
    await expect(roundTrip(artifactPath(path.join(directory, 'nothing')))).rejects.toThrow(ValueNotStorableError);
    await expect(roundTrip(artifactPath('/dev/null'))).rejects.toThrow('neither a file nor a folder');
    const folder = path.join(directory, 'linked');
    await mkdir(folder);
    await writeFile(path.join(directory, 'target.txt'), 'x');
    await symlink(path.join(directory, 'target.txt'), path.join(folder, 'link.txt'));
    const { loaded } = await roundTrip(artifactPath(folder));
    expect(await readFile(path.join(loaded.path, 'link.txt'), 'utf8')).toBe('x');
    await symlink(directory, path.join(folder, 'loop'));
    await expect(roundTrip(artifactPath(folder))).rejects.toThrow('a link to another folder');
  });

  test('a list of files that names what lies outside is refused, and nothing is written there', async () => {
    const file = path.join(directory, 'inside.txt');
    await writeFile(file, 'x');
    for (const change of [{ path: '../outside.txt' }, { key: 'm/runs/other' }]) {
      const { store, stored } = await roundTrip(artifactPath(file));
      const manifest = JSON.parse(Buffer.from(store.objects.get(stored.key) as Uint8Array).toString());
      Object.assign(manifest.files[0], change);
      store.objects.set(stored.key, Buffer.from(JSON.stringify(manifest)));
      const { path: name, sha256 } = manifest.files[0];
      const forged = { ...stored, sha256: createHash('sha256').update(`${sha256}  ${name}\n`).digest('hex') };
      await expect(loadArtifact(store, forged, chooseMaterializer(artifactPath(file)), options)).rejects.toThrow(
        'the list of files is damaged',
      );
    }
  });

  test('a folder whose files have one name on this machine is refused, not read in part', async () => {
    const files = ['folder/a.csv', 'folder/b/../a.csv'].map((name) => ({ path: name, size: 1 }));
    const reader = {
      files,
      readFile: async function* () {
        yield new Uint8Array(1);
      },
      readBytes: async () => new Uint8Array(1),
      temporaryDirectory: options.temporaryDirectory,
    };
    await expect(filesMaterializer.load(reader)).rejects.toMatchObject({
      code: 'FILE_NAMES_COLLIDE',
      message: expect.stringContaining('"folder/b/../a.csv"'),
    });
  });

  test('an empty folder comes back empty', async () => {
    const folder = path.join(directory, 'empty');
    await mkdir(folder);
    const { loaded } = await roundTrip(artifactPath(folder));
    expect(await import('node:fs/promises').then(({ readdir }) => readdir(loaded.path))).toEqual([]);
  });
});

describe('an artifact of several files', () => {
  const pair = defineMaterializer<readonly [string, string]>({
    id: 'pair',
    version: 1,
    save: async ([one, other], writer) => {
      await writer.writeFile('one', Buffer.from(one));
      await writer.writeFile('other', Buffer.from(other));
    },
    load: async (reader) => [
      Buffer.from(await reader.readBytes('one')).toString(),
      Buffer.from(await reader.readBytes('other')).toString(),
    ],
  });

  test('is complete only with its manifest, which is written last', async () => {
    const { store, stored, loaded } = await roundTrip(['a', 'b'] as const, pair);
    expect(loaded).toEqual(['a', 'b']);
    expect([...store.objects.keys()].at(-1)).toBe(stored.key);
  });

  test('cannot have a file outside itself or twice', async () => {
    for (const paths of [['../x'], ['/x'], ['a', 'a'], [''], ['a/./b']])
      await expect(
        roundTrip('v', {
          id: 'bad',
          version: 1,
          load: async () => 'v',
          save: async (_, writer) => {
            for (const name of paths) await writer.writeFile(name, new Uint8Array());
          },
        }),
      ).rejects.toThrow();
  });

  test('is refused when a byte of it has changed', async () => {
    for (const index of [0, 1, 2]) {
      const { store, stored } = await roundTrip(['a', 'b'] as const, pair);
      const key = [...store.objects.keys()][index] as string;
      const text = Buffer.from(store.objects.get(key) as Uint8Array).toString();
      store.objects.set(key, Buffer.from(index === 2 ? text.replace(/"sha256":"./, '"sha256":"x') : 'c'));
      await expect(loadArtifact(store, stored, pair, options)).rejects.toThrow(ObjectCorruptError);
    }
  });
});

describe('libraries', () => {
  test('a table of Apache Arrow comes back with its columns', async () => {
    const table = arrow.tableFromArrays({ x: Float64Array.from([1, 2.5]), name: ['a', 'b'] });
    const { loaded, stored } = await roundTrip(table, arrowTable<arrow.Table>(arrow));
    expect(loaded.toArray().map((row) => row?.toJSON())).toEqual(table.toArray().map((row) => row?.toJSON()));
    expect(stored.preview).toBe('table, 2 rows × 2 columns');
  });

  test('equal tables of Apache Arrow have equal bytes, also with dictionaries and nested columns', async () => {
    const nested = () =>
      arrow.vectorFromArray(
        [[{ word: 'a' }, { word: 'b' }], []],
        new arrow.List(
          new arrow.Field(
            'item',
            new arrow.Struct([new arrow.Field('word', new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32()))]),
          ),
        ),
      );
    const make = () => new arrow.Table({ name: arrow.vectorFromArray(['a', 'b']), nested: nested() });
    const [one, two] = [
      await roundTrip(make(), arrowTable<arrow.Table>(arrow)),
      await roundTrip(make(), arrowTable<arrow.Table>(arrow)),
    ];
    expect(one.stored.sha256).toBe(two.stored.sha256);
    expect(JSON.stringify(one.loaded.toArray())).toBe(JSON.stringify(make().toArray()));
    const sliced = make().concat(make()).slice(1, 3);
    const { loaded } = await roundTrip(sliced, arrowTable<arrow.Table>(arrow));
    expect(JSON.stringify(loaded.toArray())).toBe(JSON.stringify(sliced.toArray()));
  });

  test('a model of TensorFlow.js predicts as it did, and is stored without times', async () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
    const { loaded, stored } = await roundTrip(model, tensorflowModel<tf.LayersModel>(tf));
    const input = tfCore.tensor2d([[1, 2, 3]]);
    expect((loaded.predict(input) as tfCore.Tensor).arraySync()).toEqual(
      (model.predict(input) as tfCore.Tensor).arraySync(),
    );
    expect((await roundTrip(model, tensorflowModel<tf.LayersModel>(tf))).stored.sha256).toBe(stored.sha256);
  });

  test('text can have a file name that says what it is', async () => {
    const { loaded, store } = await roundTrip('<svg/>', textFile('plot.svg'));
    expect(loaded).toBe('<svg/>');
    expect([...store.objects.keys()][0]).toContain('plot.svg');
  });
});
