import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { linkSync } from 'node:fs';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { artifactStoreSuite } from '@mlstack/conformance';
import { describeConformance } from '@mlstack/conformance/vitest';
import type { ArtifactStore } from '@mlstack/core/flavor';
import { afterEach, expect, test } from 'vitest';
import { localArtifactStore } from '../artifact-store.ts';
import { killWhileWriting } from '../testing/kill-while-writing.ts';
import { LocalArtifactStore } from './local-artifact-store.ts';
import { renameIfAbsent } from './write-object.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mlstack-artifacts-'));
  folders.push(folder);
  return folder;
}

function createStore(path: string, projectDirectory?: string): LocalArtifactStore {
  return new LocalArtifactStore({
    id: '0',
    name: 'test',
    type: 'artifact-store',
    flavor: 'local',
    config: { path },
    context: {
      stateDirectory: join(folders[0] ?? '', 'state'),
      ...(projectDirectory === undefined ? {} : { projectDirectory }),
    },
  });
}

const bytes = (text: string) => new TextEncoder().encode(text);

async function readText(store: ArtifactStore, key: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.read(key)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function listKeys(store: ArtifactStore, prefix = ''): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

describeConformance(artifactStoreSuite, {
  create() {
    const folder = join(createFolder(), 'store');
    return {
      store: createStore(folder),
      capabilities: { supportedSchemes: ['file'], reach: 'machine', presignedUrls: false } as const,
      prefix: 'some/prefix/',
      open: async () => createStore(folder),
    };
  },
});

function diagnose(store: LocalArtifactStore) {
  return store.diagnose({ artifactStore: async () => store, signal: new AbortController().signal });
}

test('killed writers leave whole objects and temporary files only, and nothing that they said was done is lost', async () => {
  const folder = join(createFolder(), 'store');
  for (const afterMs of [0, 30, 90]) {
    const said = await killWhileWriting(
      './write-artifacts.ts',
      [
        [folder, `a${afterMs}`],
        [folder, `b${afterMs}`],
        [folder, `c${afterMs}`],
      ],
      afterMs,
    );
    const store = createStore(folder);
    for (const line of said.flat()) {
      const [key = '', sha256] = line.split(' ');
      expect(
        createHash('sha256')
          .update(readFileSync(join(folder, key)))
          .digest('hex'),
      ).toBe(sha256);
    }
    for (const key of await listKeys(store)) {
      const content = readFileSync(join(folder, key));
      expect([1000, 3 << 20]).toContain(content.length);
      expect(content.equals(Buffer.alloc(content.length, content[0]))).toBe(true);
    }
    await store.deleteUnfinished('', new Date(Date.now() + 60_000));
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    expect(names.filter((name) => name.includes('~'))).toEqual([]);
  }
}, 60_000);

test('a folder that became empty is removed, and the store itself stays', async () => {
  const folder = join(createFolder(), 'store');
  const store = createStore(folder);
  await store.write('a/b/c', bytes('x'));
  await store.write('a/d', bytes('x'));
  await store.delete(['a/b/c']);
  expect(readdirSync(join(folder, 'a'))).toEqual(['d']);
  await store.delete(['a/d']);
  expect(readdirSync(folder)).toEqual([]);
});

test('only the owner can read what is stored', async () => {
  const folder = join(createFolder(), 'store');
  await createStore(folder).write('a/b', bytes('x'));
  for (const [path, mode] of [
    [folder, 0o700],
    [join(folder, 'a'), 0o700],
    [join(folder, 'a/b'), 0o600],
  ] as const) {
    expect(statSync(path).mode & 0o777).toBe(mode);
  }
});

test('symbolic links lead nowhere: not to be read, listed, deleted or written through', async () => {
  const outside = createFolder();
  const folder = join(createFolder(), 'store');
  const store = createStore(folder);
  writeFileSync(join(outside, 'secret'), 'secret');
  await store.write('own', bytes('x'));
  symlinkSync(outside, join(folder, 'linked'));
  symlinkSync(join(outside, 'secret'), join(folder, 'file'));
  expect(await listKeys(store)).toEqual(['own']);
  expect(await listKeys(store, 'linked/')).toEqual([]);
  for (const key of ['linked/secret', 'file']) {
    expect(await store.stat(key)).toBeUndefined();
    await expect(readText(store, key)).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
    await store.delete([key]);
  }
  await expect(store.write('linked/new', bytes('x'))).rejects.toThrow('symbolic link, which is not followed');
  await store.write('file', bytes('replaced'));
  expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
  expect(readdirSync(outside)).toEqual(['secret']);
  expect(await readText(store, 'file')).toBe('replaced');
});

test('a path that cannot be is told with what to do', async () => {
  const folder = createFolder();
  writeFileSync(join(folder, 'file'), '');
  await expect(createStore(join(folder, 'file/store')).write('a', bytes('x'))).rejects.toMatchObject({
    message: expect.stringContaining('a file is where a folder of its path must be'),
    hint: expect.stringContaining('register a component with another path'),
  });
});

test('a pipe in the folder is no object and blocks nobody', async () => {
  const folder = join(createFolder(), 'store');
  const store = createStore(folder);
  await store.write('own', bytes('x'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  await expect(readText(store, 'pipe')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
  expect(await listKeys(store)).toEqual(['own']);
});

test('a key that is a folder of others, or lies below another key, is refused', async () => {
  const store = createStore(join(createFolder(), 'store'));
  await store.write('a/b', bytes('x'));
  for (const key of ['a', 'a/b/c']) {
    for (const ifAbsent of [false, true]) {
      await expect(store.write(key, bytes('y'), { ifAbsent })).rejects.toMatchObject({ code: 'ARTIFACT_STORE_FAILED' });
    }
  }
  expect(await listKeys(store)).toEqual(['a/b']);
});

test('without hard links one writer creates an object, and a claim that a dead one left is told and removed', async () => {
  const folder = createFolder();
  const link: typeof linkSync = () => {
    throw Object.assign(new Error('no links here'), { code: 'EPERM' });
  };
  const [temporary, file] = [join(folder, 'new'), join(folder, 'a')];
  writeFileSync(temporary, 'first');
  renameIfAbsent(temporary, file, link);
  writeFileSync(temporary, 'second');
  expect(() => renameIfAbsent(temporary, file, link)).toThrow();
  expect(readFileSync(file, 'utf8')).toBe('first');
  writeFileSync(`${file}~0000000000000000`, '');
  expect(() => renameIfAbsent(temporary, file, link)).toThrow('another writer');
  expect(await createStore(folder).deleteUnfinished('a', new Date(Date.now() + 60_000))).toBe(1);
});

test('a relative path is relative to the project, and a URI is as good as a path', async () => {
  const folder = createFolder();
  await createStore('store', folder).write('a', bytes('x'));
  const same = createStore(pathToFileURL(join(folder, 'store')).href);
  expect(await readText(same, 'a')).toBe('x');
  expect(same.uri('a')).toBe(pathToFileURL(join(folder, 'store', 'a')).href);
});

test.each(['', '~/artifacts', 's3://bucket', 'file://host/share', 'a\0b'])('the path %j is refused', (path) => {
  expect(localArtifactStore.config.safeParse({ path }).success).toBe(false);
});

test('provision makes the folder, deprovision removes it only while it is empty and its own', async () => {
  const folder = join(createFolder(), 'deep', 'store');
  const store = createStore(folder);
  expect(await store.status()).toMatchObject({ state: 'not-provisioned' });
  expect(await store.provision()).toMatchObject({ outcome: 'changed' });
  expect(await store.provision()).toEqual({ outcome: 'unchanged' });
  expect(await store.status()).toEqual({ state: 'ready' });
  expect((await diagnose(store)).map(({ level, subject }) => [level, subject])).toEqual([
    ['ok', 'status'],
    ['ok', 'permissions'],
    ['ok', 'space'],
  ]);
  await store.write('a', bytes('x'));
  expect(await store.deprovision()).toMatchObject({
    outcome: 'unchanged',
    message: expect.stringContaining('not empty'),
  });
  await store.delete(['a']);
  expect(await createStore(folder).deprovision()).toMatchObject({ outcome: 'changed' });
  expect(await store.deprovision()).toEqual({ outcome: 'unchanged' });
  mkdirSync(folder);
  expect(await store.deprovision()).toMatchObject({
    outcome: 'unchanged',
    message: expect.stringContaining('was there before'),
  });
  expect(statSync(folder).isDirectory()).toBe(true);
});

test('a path that is a file is told as what it is', async () => {
  const file = join(createFolder(), 'file');
  writeFileSync(file, 'x');
  const store = createStore(file);
  expect(await store.status()).toMatchObject({ state: 'failed', message: expect.stringContaining('is not a folder') });
  await expect(store.write('a', bytes('x'))).rejects.toMatchObject({ code: 'ARTIFACT_STORE_FAILED' });
  await expect(store.provision()).rejects.toMatchObject({ code: 'ARTIFACT_STORE_FAILED' });
});

test.runIf(process.getuid?.() === 0 && process.platform === 'linux')(
  'a full or read-only disk gives an error with a hint, and leaves nothing half',
  async ({ skip }) => {
    const folder = createFolder();
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'none', disk], { stdio: 'ignore' });
    } catch {
      skip('no file system may be mounted here');
    }
    try {
      const store = createStore(disk);
      await store.write('kept', bytes('x'));
      const body = async function* () {
        for (let chunk = 0; chunk < 8; chunk++) yield new Uint8Array(1 << 20);
      };
      await expect(store.write('a', body())).rejects.toMatchObject({
        code: 'ARTIFACT_STORE_FAILED',
        message: expect.stringContaining('no space is left'),
        hint: expect.stringContaining('Free some space'),
      });
      expect(readdirSync(disk)).toEqual(['kept']);
      execFileSync('mount', ['-o', 'remount,ro', disk]);
      await expect(store.write('a', bytes('x'))).rejects.toMatchObject({
        message: expect.stringContaining('read-only'),
        hint: expect.any(String),
      });
      await expect(store.delete(['kept'])).rejects.toMatchObject({ code: 'ARTIFACT_STORE_FAILED' });
      expect(await readText(store, 'kept')).toBe('x');
      expect(await diagnose(store)).toEqual([
        expect.objectContaining({ level: 'problem', subject: 'permissions', fix: expect.any(String) }),
      ]);
      expect(await store.status()).toEqual({
        state: 'failed',
        message: `${disk} cannot be written to: its file system is mounted read-only`,
      });
      const inside = join(disk, 'deep/store');
      expect(await createStore(inside).status()).toEqual({
        state: 'failed',
        message: `${inside} cannot be made: its file system is mounted read-only`,
      });
    } finally {
      execFileSync('umount', [disk]);
    }
  },
);

test.skipIf(process.getuid?.() === 0)('a folder without permission gives an error with a hint', async () => {
  const folder = createFolder();
  chmodSync(folder, 0o500);
  await expect(createStore(folder).write('a', bytes('x'))).rejects.toMatchObject({
    hint: expect.stringContaining('permissions'),
  });
  expect(await createStore(folder).status()).toMatchObject({ state: 'failed' });
  chmodSync(folder, 0o700);
});
