import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { processesOf } from './processes-of.ts';
import { createUserFolder, openUserProject } from './user-project.ts';

/** Mounts a small file system; false where one may not, or cannot. */
function mountSmallDisk(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function unmount(folder: string): void {
  execFileSync('umount', ['--lazy', folder], { stdio: 'ignore' });
}

const canMount = (() => {
  const folder = mkdtempSync(join(tmpdir(), 'mlstack-disk-'));
  const isMounted = mountSmallDisk(folder);
  if (isMounted) unmount(folder);
  rmSync(folder, { recursive: true });
  return isMounted;
})();

/** Steps note that they run outside of the disk; `fills` fills it, until there is a file `room` beside the notes. */
const pipeline = (
  disk: string,
  notes: string,
) => `import { appendFileSync, existsSync, openSync, writeSync } from 'node:fs';
import { pipeline, step } from '@mlstack/core';
const note = (what: string) => appendFileSync(${JSON.stringify(join(notes, 'notes.txt'))}, what + '\\n');
const first = step({ name: 'first', run: () => { note('first'); return 'x'.repeat(100_000); } });
const fills = step({ name: 'fills', run: ({ text }: { text: string }) => {
  note('fills');
  if (existsSync(${JSON.stringify(join(notes, 'room'))})) return text;
  const file = openSync(${JSON.stringify(join(disk, 'ballast'))}, 'w');
  try {
    for (;;) writeSync(file, Buffer.alloc(4096));
  } catch {
    return text;
  }
} });
const last = step({ name: 'last', run: ({ text }: { text: string }) => { note('last'); return text.length; } });
export default pipeline('full', () => last({ text: fills({ text: first() }) }));
`;

function createDisk() {
  const folder = createUserFolder();
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  mountSmallDisk(disk);
  onTestFinished(() => unmount(disk));
  const open = (directory: string) => {
    const installation = inject('installation').directory;
    copyFileSync(join(installation, 'package.json'), join(directory, 'package.json'));
    symlinkSync(join(installation, 'node_modules'), join(directory, 'node_modules'));
    const user = openUserProject(directory);
    user.succeed('init');
    user.write('full.ts', pipeline(disk, folder));
    return user;
  };
  return {
    disk,
    folder,
    open,
    makeRoom: () => {
      rmSync(join(disk, 'ballast'));
      writeFileSync(join(folder, 'room'), '');
    },
    ran: () => readFileSync(join(folder, 'notes.txt'), 'utf8').trim().split('\n'),
  };
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
}

test.skipIf(!canMount)(
  'a disk that fills beneath the records ends the run with the cause, and resume goes on (needs root on Linux)',
  () => {
    const { disk, open, makeRoom, ran } = createDisk();
    const user = open(disk);
    const { status, stderr } = user.mlstack('run', 'full.ts', '--run-name', 'full');
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(
        /^✖ Run "full" is not over.*no space is left on its disk\n→ .*Then go on with `mlstack runs resume full`\.\n$/s,
      ),
    ]);
    expect(processesOf(user)).toEqual([]);
    expect(user.succeed('runs', 'describe', 'full')).toMatch(/state +✖ crashed.*✔ first/s);
    expect(user.mlstack('runs', 'resume', 'full').status).toBe(1);
    makeRoom();
    user.succeed('runs', 'resume', 'full');
    expect(user.ask('runs', 'describe').run).toMatchObject({ state: 'completed', counts: { succeeded: 3 } });
    expect(ran().filter((step) => step === 'first')).toEqual(['first']);
    expect(ran().at(-1)).toBe('last');
  },
);

test.skipIf(!canMount)(
  'a disk that fills beneath the artifacts fails the step with the cause, and resume goes on (needs root on Linux)',
  () => {
    const { disk, folder, open, makeRoom, ran } = createDisk();
    mkdirSync(join(folder, 'project'));
    const user = open(join(folder, 'project'));
    user.succeed('artifact-store', 'register', 'small', '--flavor=local', `--path=${disk}/store`);
    user.succeed('stack', 'update', '--artifact-store=small');
    const { status, stdout } = user.mlstack('run', 'full.ts', '--run-name', 'full');
    expect([status, stdout]).toEqual([
      1,
      expect.stringMatching(/✖ fills.*no space is left on its disk\n +→ Free some space/s),
    ]);
    const { state, steps } = user.ask('runs', 'describe').run;
    expect([state, steps.map((step: { state: string }) => step.state)]).toEqual([
      'failed',
      ['succeeded', 'failed', 'skipped'],
    ]);
    expect(
      filesBelow(join(disk, 'store')).filter((name) => !/^first\.1\.[0-9a-f]+\.output\.value\.txt$/.test(name)),
    ).toEqual([]);
    makeRoom();
    user.succeed('runs', 'resume', 'full');
    expect(user.ask('runs', 'describe').run).toMatchObject({ state: 'completed', counts: { succeeded: 3 } });
    expect(ran()).toEqual(['first', 'fills', 'fills', 'last']);
    expect(existsSync(join(disk, 'ballast'))).toBe(false);
  },
);
