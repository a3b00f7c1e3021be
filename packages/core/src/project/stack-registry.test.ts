import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { MlstackError } from '../errors/mlstack-error.ts';
import { migrateDocument } from './document-version.ts';
import { initializeProject } from './initialize-project.ts';
import { Project } from './project.ts';
import { StackRegistry } from './stack-registry.ts';
import { temporaryDirectory } from './testing/fixture-project.ts';

const writer = join(import.meta.dirname, 'testing/register-stacks.ts');

/** A disk that is really full is a small one of the test's own, which only an administrator can mount. */
const canMount =
  process.platform === 'linux' &&
  spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir()]).status === 0;

function newRegistry(): StackRegistry {
  const directory = temporaryDirectory();
  initializeProject(directory);
  return new StackRegistry(join(directory, '.mlstack'));
}

function readError(registry: StackRegistry): MlstackError {
  try {
    registry.read();
  } catch (error) {
    if (MlstackError.is(error)) return error;
    throw error;
  }
  throw new Error('was read');
}

describe('the registry', () => {
  it('is made with the default stack, readable by the owner alone and ignored by git', () => {
    const directory = temporaryDirectory();
    expect(initializeProject(directory)).toEqual({ directory, created: true, activeStack: 'default' });
    const state = join(directory, '.mlstack');
    expect(statSync(state).mode & 0o777).toBe(0o700);
    expect(statSync(join(state, 'registry.json')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(state, '.gitignore'), 'utf8')).toBe('*\n');
    expect(readdirSync(state).sort()).toEqual(['.gitignore', 'registry.json']);
    expect(new Project(directory, 'chosen').registry.read()).toMatchObject({
      activeStack: 'default',
      stacks: [
        {
          name: 'default',
          components: { orchestrator: 'default', 'artifact-store': 'default', 'metadata-store': 'default' },
        },
      ],
    });
  });

  it('is left alone by a second init', () => {
    const directory = temporaryDirectory();
    initializeProject(directory);
    const before = readFileSync(join(directory, '.mlstack/registry.json'), 'utf8');
    expect(initializeProject(directory).created).toBe(false);
    expect(readFileSync(join(directory, '.mlstack/registry.json'), 'utf8')).toBe(before);
  });

  it.each([
    ['half-written', '{"formatVersion": 1, "activeSta', 'is not JSON'],
    ['empty', '', 'it is empty'],
    ['no object', '[]', 'not an object'],
    ['without a version', '{}', 'formatVersion'],
    [
      'with a wrong field',
      '{"formatVersion":1,"activeStack":"a","stacks":{},"components":[],"customFlavors":[]}',
      'stacks: a list',
    ],
    [
      'with an unknown field',
      '{"formatVersion":1,"activeStack":"a","stacks":[],"components":[],"customFlavors":[],"stakcs":[]}',
      'Did you mean "stacks"?',
    ],
    [
      'with two components of one name',
      JSON.stringify({
        formatVersion: 1,
        activeStack: 'a',
        stacks: [],
        customFlavors: [],
        components: ['a', 'A'].map((name) => ({
          id: `id-${name.charCodeAt(0)}`,
          type: 'alerter',
          name,
          flavor: 'x',
          config: {},
        })),
      }),
      'another alerter named "A"',
    ],
  ])('that is %s is refused and never rewritten', async (_what, text, message) => {
    const registry = newRegistry();
    writeFileSync(registry.file, text);
    expect(readError(registry)).toMatchObject({ code: 'DOCUMENT_BROKEN', message: expect.stringContaining(message) });
    await expect(registry.update((document) => document)).rejects.toMatchObject({ code: 'DOCUMENT_BROKEN' });
    expect(readFileSync(registry.file, 'utf8')).toBe(text);
  });

  it('of a newer mlstack is refused and never rewritten', async () => {
    const registry = newRegistry();
    const text = JSON.stringify({ formatVersion: 2, everything: 'new' });
    writeFileSync(registry.file, text);
    expect(readError(registry)).toMatchObject({ code: 'DOCUMENT_TOO_NEW' });
    await expect(registry.update((document) => document)).rejects.toMatchObject({ code: 'DOCUMENT_TOO_NEW' });
    expect(readFileSync(registry.file, 'utf8')).toBe(text);
  });

  it('that is missing is told with what to do', () => {
    const registry = new StackRegistry(join(temporaryDirectory(), '.mlstack'));
    expect(readError(registry)).toMatchObject({ message: expect.stringContaining('it is missing') });
  });

  it('takes no lock and writes nothing when a change is refused or changes nothing', async () => {
    const registry = newRegistry();
    const refusal = registry.update(() => {
      throw new TypeError('no');
    });
    await expect(refusal).rejects.toThrow('no');
    await registry.update((document) => ({ ...document }));
    expect(existsSync(join(registry.file, '../registry.lock.db'))).toBe(false);
  });

  it('loses nothing when fifty processes register at once', { timeout: 120_000 }, async () => {
    const registry = newRegistry();
    const processes = Array.from({ length: 50 }, (_unused, index) =>
      spawn(process.execPath, [writer, registry.file, `p${index}`, '2'], { stdio: ['ignore', 'ignore', 'inherit'] }),
    );
    const codes = await Promise.all(processes.map(async (child) => (await once(child, 'exit'))[0]));
    expect(codes.filter((code) => code !== 0)).toEqual([]);
    expect(new Set(registry.read().stacks.map(({ name }) => name)).size).toBe(101);
    expect(readdirSync(join(registry.file, '..')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('is old or new after a kill at any moment, and can be written by the next', { timeout: 120_000 }, async () => {
    const registry = newRegistry();
    for (let round = 0; round < 15; round++) {
      const child = spawn(process.execPath, [writer, registry.file, `k${round}x`, '100000'], { stdio: 'ignore' });
      const before = registry.read().stacks.length;
      while (registry.read().stacks.length === before && child.exitCode === null) await sleep(2);
      await sleep(Math.random() * 20);
      child.kill('SIGKILL');
      await once(child, 'exit');
      const { stacks } = registry.read();
      expect(stacks.length).toBeGreaterThan(before);
      await registry.update((document) => ({ ...document, stacks: document.stacks.slice(0, 1) }));
      expect(readdirSync(join(registry.file, '..')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    }
  });

  it.skipIf(process.getuid?.() !== 0)('in a folder that cannot be written to gives a clear error', async () => {
    const directory = temporaryDirectory();
    const registry = new StackRegistry(join(directory, '.mlstack'));
    initializeProject(directory);
    for (const path of ['', '.mlstack', '.mlstack/registry.json']) chownSync(join(directory, path), 65_534, 65_534);
    chmodSync(join(directory, '.mlstack'), 0o500);
    const child = spawn(process.execPath, [writer, registry.file, 'x', '1'], { uid: 65_534, gid: 65_534, cwd: '/' });
    const output = (await Promise.all([child.stderr.toArray(), once(child, 'exit')]))[0].join('');
    if (output.includes('EACCES') && !output.includes('PROJECT_NOT_WRITABLE')) return; // the checkout is not readable by others
    expect(output).toContain('PROJECT_NOT_WRITABLE');
    expect(output).toContain('you have no permission');
    expect(registry.read().stacks).toHaveLength(1);
  });

  it.skipIf(!canMount)('on a full disk gives a clear error and keeps what was there', async () => {
    const directory = temporaryDirectory();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', directory]);
    try {
      initializeProject(directory);
      const registry = new StackRegistry(join(directory, '.mlstack'));
      await registry.update((document) => ({ ...document, activeStack: 'other' }));
      expect(() => writeFileSync(join(directory, 'filler'), Buffer.alloc(128 * 1024))).toThrow('ENOSPC');
      const refused = registry.update((document) => ({ ...document, activeStack: 'third' }));
      await expect(refused).rejects.toMatchObject({
        code: 'PROJECT_NOT_WRITABLE',
        hint: 'Free some space and try again.',
      });
      expect(registry.read().activeStack).toBe('other');
      expect(readdirSync(join(directory, '.mlstack')).sort()).toEqual([
        '.gitignore',
        'registry.json',
        'registry.lock.db',
      ]);
    } finally {
      execFileSync('umount', [directory]);
    }
  });

  it('on a disk that takes no larger file gives a clear error and keeps what was there', async () => {
    const registry = newRegistry();
    const before = readFileSync(registry.file, 'utf8');
    const child = spawn(
      'sh',
      ['-c', `ulimit -f 1; trap '' XFSZ; exec "$0" "$@"`, process.execPath, writer, registry.file, 'x', '40'],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    const output = (await Promise.all([child.stderr.toArray(), once(child, 'exit')]))[0].join('');
    expect(output).toContain('PROJECT_NOT_WRITABLE');
    expect(registry.read().stacks.length).toBeGreaterThanOrEqual(JSON.parse(before).stacks.length);
    expect(readdirSync(join(registry.file, '..')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('documents of older versions', () => {
  const format = {
    version: 3,
    migrations: {
      1: (document: Record<string, unknown>) => ({ ...document, two: true }),
      2: (document: Record<string, unknown>) => ({ ...document, three: true }),
    },
  };

  it('are brought forward one version after the other', () => {
    expect(migrateDocument('x', { formatVersion: 1, a: 1 }, format, '')).toEqual({
      formatVersion: 3,
      a: 1,
      two: true,
      three: true,
    });
    expect(migrateDocument('x', { formatVersion: 3 }, format, '')).toEqual({ formatVersion: 3 });
  });

  it('that were never written are refused', () => {
    expect(() => migrateDocument('x', { formatVersion: 0 }, format, '')).toThrow('never written');
  });
});

it('makes the folder of a project that does not exist yet', () => {
  const directory = join(temporaryDirectory(), 'new/project');
  expect(initializeProject(directory).created).toBe(true);
  mkdirSync(join(directory, 'sub'));
});
