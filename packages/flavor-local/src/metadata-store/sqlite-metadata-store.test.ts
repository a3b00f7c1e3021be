import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { metadataStoreSuite } from '@mlstack/conformance';
import { describeConformance } from '@mlstack/conformance/vitest';
import type { TestContext } from 'vitest';
import { afterEach, expect, test, vi } from 'vitest';
import { killWhileWriting } from '../testing/kill-while-writing.ts';
import { applicationId, migrations } from './schema.ts';
import { SqliteMetadataStore } from './sqlite-metadata-store.ts';

const cleanUp: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const task of cleanUp.splice(0)) await task();
});

function createStore(file: string): SqliteMetadataStore {
  const store = new SqliteMetadataStore({
    id: '0',
    name: 'test',
    type: 'metadata-store',
    flavor: 'local',
    config: { path: file },
    context: { stateDirectory: join(file, '..', 'state') },
  });
  cleanUp.unshift(() => store.close());
  return store;
}

function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mlstack-metadata-'));
  cleanUp.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

const emptyRun = (name: string, sourceFile = 'pipeline.ts') => ({
  id: name,
  name,
  plan: {
    formatVersion: 1,
    pipeline: 'p',
    export: 'default',
    codeDigest: 'c',
    failureMode: 'stop',
    params: {},
    nodes: [],
  } as const,
  configuration: {},
  stack: { name: 's', components: [] },
  versions: {},
  sourceFile,
});

describeConformance(metadataStoreSuite, {
  create() {
    const file = join(createFolder(), 'metadata.db');
    return { store: createStore(file), open: async () => createStore(file) };
  },
});

test('killed writers leave no half record, and nothing that they said was done is lost', async () => {
  const file = join(createFolder(), 'metadata.db');
  const said: string[] = [];
  for (const afterMs of [0, 40, 120])
    said.push(...(await killWhileWriting('./record-runs.ts', [[file], [file], [file]], afterMs)).flat());
  const store = createStore(file);
  for (const line of said) {
    const [kind, id = '', runId = '', nodeId = ''] = line.split(' ');
    if (kind === 'run') expect((await store.listNodes(id)).items).toHaveLength(20);
    else expect((await store.getNode(runId, nodeId))?.outputs.output?.id).toBe(id);
  }
  const runs = await store.listRuns({ limit: 100_000 });
  for (const { id, counts } of runs.items) {
    const states = (await store.listNodes(id)).items.map(({ state }) => state);
    expect(counts).toEqual(
      Object.fromEntries([...new Set(states)].map((state) => [state, states.filter((each) => each === state).length])),
    );
  }
  expect(new DatabaseSync(file).prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
}, 60_000);

test('several processes that open a new store at once agree on its id', async () => {
  const file = join(createFolder(), 'metadata.db');
  const ids = await Promise.all(Array.from({ length: 6 }, () => createStore(file).storeId()));
  expect(new Set(ids).size).toBe(1);
  const said = await killWhileWriting(
    './record-runs.ts',
    Array.from({ length: 4 }, () => [join(createFolder(), 'new.db')]),
    0,
  );
  expect(said.every((lines) => lines.length > 0)).toBe(true);
}, 60_000);

test('only the owner can read the records', async () => {
  const file = join(createFolder(), 'deep', 'metadata.db');
  await createStore(file).storeId();
  for (const suffix of ['', '-wal', '-shm']) expect(statSync(file + suffix).mode & 0o777).toBe(0o600);
});

test('a copy of the records takes an id of its own, once, and knows the one it had', async () => {
  const folder = createFolder();
  const [file, copied, moved] = ['metadata.db', 'copied.db', 'moved.db'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const original = createStore(file);
  const id = await original.storeId();
  await original.close();
  copyFileSync(file, copied);
  const ids = await Promise.all([createStore(copied), createStore(copied)].map((store) => store.storeId()));
  expect(ids[0]).toBe(ids[1]);
  expect(ids[0]).not.toBe(id);
  expect(await createStore(copied).earlierStoreIds()).toEqual([id]);
  expect(await createStore(file).storeId()).toBe(id);
  expect(await createStore(file).earlierStoreIds()).toEqual([]);
  renameSync(file, moved);
  expect(await createStore(moved).storeId()).toBe(id);
  await createStore(moved).close();
});

test('a database of the first format learns which file it is', async () => {
  const file = join(createFolder(), 'metadata.db');
  const database = new DatabaseSync(file);
  database.exec(`${migrations[0]}; PRAGMA application_id = ${applicationId}; PRAGMA user_version = 1`);
  database.exec("INSERT INTO store (id) VALUES ('before')");
  database.close();
  const store = createStore(file);
  expect(await store.storeId()).toBe('before');
  await store.close();
  copyFileSync(file, `${file}.copy`);
  const copy = createStore(`${file}.copy`);
  expect(await copy.storeId()).not.toBe('before');
  expect(await copy.earlierStoreIds()).toEqual(['before']);
});

const canMount = process.platform === 'linux' && process.getuid?.() === 0;

/** A file system of 1 MiB, which the test may mount anew. The test is skipped where this machine does not let it. */
function mountSmallDisk({ skip }: TestContext): string {
  const disk = createFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', disk], { stdio: 'ignore' });
  } catch {
    skip('no file system may be mounted here');
  }
  cleanUp.unshift(() => void execFileSync('umount', [disk]));
  return disk;
}

function fillDisk(file: string): void {
  const descriptor = openSync(file, 'w');
  try {
    for (;;) writeSync(descriptor, new Uint8Array(4096));
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  } finally {
    closeSync(descriptor);
  }
}

function remount(disk: string, mode: 'ro' | 'rw'): void {
  execFileSync('mount', ['-o', `remount,${mode}`, disk]);
}

test.runIf(canMount)(
  'records on a file system that is mounted read-only can be read, and are not written',
  async (context) => {
    const disk = mountSmallDisk(context);
    const file = join(disk, 'metadata.db');
    const store = createStore(file);
    const id = await store.storeId();
    await store.createRun(emptyRun('kept'));
    await store.close();
    remount(disk, 'ro');
    expect((await store.listRuns()).items.map(({ name }) => name)).toEqual(['kept']);
    expect(await store.storeId()).toBe(id);
    expect(await store.status()).toMatchObject({ state: 'ready' });
    await expect(store.createRun(emptyRun('other'))).rejects.toMatchObject({
      code: 'METADATA_STORE_FAILED',
      hint: expect.stringContaining('mounted writable'),
    });
    await expect(createStore(join(disk, 'other.db')).listRuns()).rejects.toMatchObject({
      message: expect.stringContaining('mounted read-only'),
    });
    await store.close();
    remount(disk, 'rw');
    writeFileSync(`${file}-wal`, 'what a writer left');
    remount(disk, 'ro');
    await expect(createStore(file).listRuns()).rejects.toMatchObject({
      hint: expect.stringContaining('Mount it writable'),
    });
    remount(disk, 'rw');
  },
);

const nobody = { uid: 65534, gid: 65534 };

/** Reads the names of the runs whenever it is given a line, or says why it cannot. */
const reader = `
  import { createInterface } from 'node:readline';
  import { SqliteMetadataStore } from ${JSON.stringify(new URL('sqlite-metadata-store.ts', import.meta.url).href)};
  const [path] = process.argv.slice(1);
  const store = new SqliteMetadataStore({ id: '0', name: 'test', type: 'metadata-store', flavor: 'local', config: { path }, context: {} });
  for await (const line of createInterface({ input: process.stdin })) {
    const work = line === 'read' ? store.listRuns().then(({ items }) => items.map(({ name }) => name)) : store.createRun(${JSON.stringify(emptyRun('other'))});
    console.log(JSON.stringify(await work.catch(({ message, hint }) => message + ' ' + hint)));
  }
  await store.close();
`;

test.runIf(process.platform === 'linux' && process.getuid?.() === 0).each(['555', '500'])(
  'records in a folder of mode %s can be read by who may not write to it, also while somebody does who may',
  async (mode) => {
    const folder = createFolder();
    const file = join(folder, 'metadata.db');
    const store = createStore(file);
    await store.createRun(emptyRun('first'));
    await store.close();
    for (const path of [folder, file]) chownSync(path, nobody.uid, nobody.gid);
    chmodSync(folder, Number.parseInt(mode, 8));
    const child = spawn(
      process.execPath,
      ['--conditions=mlstack-source', '--input-type=module', '--eval', reader, file],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
        ...nobody,
      },
    );
    cleanUp.unshift(() => void child.kill());
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ask = async (line: string) => {
      child.stdin.write(`${line}\n`);
      return JSON.parse((await answers.next()).value ?? 'null');
    };
    expect(await ask('read')).toEqual(['first']);
    expect(readdirSync(folder)).toEqual(['metadata.db']);
    expect(await ask('write')).toContain('the database is read-only Check owner and permissions');
    await store.createRun(emptyRun('second'));
    expect(await ask('read')).toEqual(['second', 'first']);
    await store.createRun(emptyRun('third'));
    await store.close();
    expect(await ask('read')).toEqual(['third', 'second', 'first']);
    child.stdin.end();
    await once(child, 'exit');
    chmodSync(folder, 0o700);
    expect((await createStore(file).listRuns()).items).toHaveLength(3);
  },
);

test.runIf(canMount)(
  'records on a full disk can be read, by several at once, and written again once there is room',
  async (context) => {
    const disk = mountSmallDisk(context);
    const file = join(disk, 'metadata.db');
    const store = createStore(file);
    await store.createRun(emptyRun('kept'));
    await store.close();
    const ballast = join(disk, 'ballast');
    fillDisk(ballast);
    const names = async (from: SqliteMetadataStore) => (await from.listRuns()).items.map(({ name }) => name);
    expect(await names(store)).toEqual(['kept']);
    expect(await names(store)).toEqual(['kept']);
    await expect(store.createRun(emptyRun('large', 'x'.repeat(100_000)))).rejects.toMatchObject({
      message: expect.stringContaining('no space is left on its disk'),
    });
    const others = [createStore(file), createStore(file)];
    const reading = others.map(async (other) => {
      const found = await names(other);
      await other.close();
      return found;
    });
    expect(await Promise.all(reading)).toEqual([['kept'], ['kept']]);
    rmSync(ballast);
    await store.createRun(emptyRun('other'));
    expect(await names(createStore(file))).toEqual(['other', 'kept']);
  },
);

test('a lease that was given by a clock which ran ahead does not outlive its driver for long', async () => {
  const store = createStore(join(createFolder(), 'metadata.db'));
  const run = emptyRun('run');
  await store.createRun(run);
  const lease = await store.takeLease(run.id, { host: 'h', boot: 'b', pid: 1, processStart: 's' }, { ttlMs: 15_000 });
  const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_600_000);
  await store.renewLease(lease, 15_000);
  clock.mockRestore();
  expect((await store.getRun(run.id)).state).toBe('crashed');
  expect((await store.listRuns({ state: 'crashed' })).items).toHaveLength(1);
  expect((await store.listRuns({ state: 'running' })).items).toHaveLength(0);
  // Its driver, where it lives, has it back at its next heartbeat.
  await store.renewLease(lease, 15_000);
  expect((await store.getRun(run.id)).state).toBe('running');
});

test('what may begin while it is recorded does so only for who holds the lease, and nobody takes that meanwhile', async () => {
  const file = join(createFolder(), 'metadata.db');
  const store = createStore(file);
  const run = emptyRun('run');
  await store.createRun(run);
  const holder = { host: 'h', boot: 'b', pid: 1, processStart: 's' };
  const lost = await store.takeLease(run.id, holder, { ttlMs: 60_000 });
  const lease = await store.takeLease(run.id, holder, { ttlMs: 60_000, isHolderDead: () => true });
  const other = new DatabaseSync(file);
  const begun: string[] = [];
  const begin = (name: string) => () => {
    begun.push(name);
    expect(() => other.exec('BEGIN IMMEDIATE')).toThrow('locked');
    expect(other.prepare('SELECT state FROM runs').get()).toEqual({ state: 'running' });
  };
  const changes = [{ kind: 'run-state', state: 'waiting' }] as const;
  await expect(store.record(lost, changes, 60_000, begin('lost'))).rejects.toMatchObject({ code: 'LEASE_LOST' });
  await store.record(lease, changes, 60_000, begin('held'));
  expect(begun).toEqual(['held']);
  expect(other.prepare('SELECT state FROM runs').get()).toEqual({ state: 'waiting' });
  other.close();
});

test.runIf(process.platform === 'linux')(
  'a path that is too long for SQLite is told as that, one that just fits is taken',
  async () => {
    const folder = createFolder();
    const fileOf = (bytes: number) => {
      const outer = join(folder, 'd'.repeat(250));
      return join(outer, 'e'.repeat(bytes - outer.length - '//m.db'.length), 'm.db');
    };
    await expect(createStore(fileOf(505)).listRuns({})).rejects.toMatchObject({
      message: expect.stringContaining('has 505 bytes'),
      hint: expect.stringContaining('shorter'),
    });
    expect(await createStore(fileOf(504)).listRuns({})).toMatchObject({ items: [] });
  },
);

test('records of a newer version are refused and stay as they are', async () => {
  const file = join(createFolder(), 'metadata.db');
  const store = createStore(file);
  await store.storeId();
  await store.close();
  const database = new DatabaseSync(file);
  database.exec('PRAGMA user_version = 99');
  database.close();
  const before = readFileSync(file);
  await expect(store.listRuns()).rejects.toMatchObject({
    code: 'METADATA_STORE_NEWER',
    hint: expect.stringContaining('Update mlstack'),
  });
  expect(await store.status()).toMatchObject({ state: 'failed' });
  expect(readFileSync(file).equals(before)).toBe(true);
});

test('a file that is no database, or one of another program, is refused and stays as it is', async () => {
  const folder = createFolder();
  const text = join(folder, 'text.db');
  writeFileSync(text, 'this is a text and no database at all\n'.repeat(100));
  await expect(createStore(text).listRuns()).rejects.toMatchObject({
    code: 'METADATA_STORE_FAILED',
    message: expect.stringContaining('not a database'),
    hint: expect.any(String),
  });
  const foreign = join(folder, 'foreign.db');
  const database = new DatabaseSync(foreign);
  database.exec('CREATE TABLE mine (x)');
  database.close();
  await expect(createStore(foreign).listRuns()).rejects.toMatchObject({
    message: expect.stringContaining('another program'),
  });
  expect(readFileSync(text, 'utf8')).toContain('no database at all');
  mkdirSync(join(folder, 'directory.db'));
  await expect(createStore(join(folder, 'directory.db')).listRuns()).rejects.toMatchObject({
    code: 'METADATA_STORE_FAILED',
    hint: expect.any(String),
  });
});

test('a store that another process keeps locked is waited for without blocking this one', async () => {
  const file = join(createFolder(), 'metadata.db');
  const store = createStore(file);
  await store.storeId();
  const other = new DatabaseSync(file);
  other.exec('BEGIN IMMEDIATE');
  let turns = 0;
  const interval = setInterval(() => turns++, 5);
  setTimeout(() => other.exec('COMMIT'), 400);
  await expect(
    store.takeLease('nothing', { host: 'h', boot: 'b', pid: 1, processStart: '1' }, { ttlMs: 1000 }),
  ).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  clearInterval(interval);
  other.close();
  expect(turns).toBeGreaterThan(2);
});

test.runIf(canMount)('a full disk gives an error with a hint and loses nothing', async (context) => {
  const disk = mountSmallDisk(context);
  const store = createStore(join(disk, 'metadata.db'));
  await store.createRun(emptyRun('kept'));
  await expect(store.createRun(emptyRun('large', 'x'.repeat(2 << 20)))).rejects.toMatchObject({
    code: 'METADATA_STORE_FAILED',
    hint: expect.any(String),
  });
  expect((await store.listRuns()).items.map(({ name }) => name)).toEqual(['kept']);
});
