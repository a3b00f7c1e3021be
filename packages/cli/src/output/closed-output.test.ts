import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { mountSmallDisk } from '../testing/mount-small-disk.ts';
import { CliSandbox } from '../testing/run-cli.ts';

const module = new URL('closed-output.ts', import.meta.url).href;

/** As oclif's commands do. */
const throwing = "process.stdout.on('error', (error) => { if (error.code !== 'EPIPE') throw error; });";

/** Runs a program whose output goes to a file. */
function runInto(file: string, code: string) {
  const program = `import { goOnWithoutOutput, watchOutput } from ${JSON.stringify(module)};\nwatchOutput();\n${throwing}\n${code}`;
  const output = openSync(file, 'a');
  try {
    return spawnSync(process.execPath, ['--conditions=mlstack-source', '--input-type=module', '--eval', program], {
      stdio: ['ignore', output, 'pipe'],
      encoding: 'utf8',
    });
  } finally {
    closeSync(output);
  }
}

test
  .runIf(process.platform === 'linux')
  .each([
    "console.log('a')",
    "console.log('a'); process.stdout.write('', () => process.exit())",
    "process.stdout.write('a'.repeat(1 << 20))",
  ])('output that a full disk does not take is told, and the command fails: %s', (print) => {
  const { status, stderr } = runInto('/dev/full', `${print}; setTimeout(() => console.error('went on'), 5000);`);
  expect([status, stderr]).toEqual([
    1,
    expect.stringMatching(/^✖ The output cannot be written: no space is left .*\n→ .*\n$/),
  ]);
});

test.runIf(process.platform === 'linux')('a run goes on to its end, is told of it once, and fails', () => {
  const { status, stderr } = runInto(
    '/dev/full',
    `goOnWithoutOutput();
    console.log('a');
    setTimeout(() => {
      process.stdout.write('b');
      console.error('went on');
      process.exitCode = 0;
      process.stdout.write('', () => process.exit());
    }, 50);`,
  );
  expect([status, stderr]).toEqual([1, expect.stringMatching(/^✖ The output cannot be written.*\n→ .*\nwent on\n$/)]);
});

test.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
  'what a disk takes half is told, and nothing is lost on one that has room',
  (context) => {
    const disk = mountSmallDisk(context);
    const print = "process.stdout.write('x'.repeat(40_000)); console.log('end');";
    expect(runInto(join(disk, 'whole'), print).status).toBe(0);
    expect(readFileSync(join(disk, 'whole'), 'utf8')).toBe(`${'x'.repeat(40_000)}end\n`);
    writeFileSync(join(disk, 'half'), '');
    const { status, stderr } = runInto(join(disk, 'half'), "process.stdout.write('x'.repeat(40_000));");
    expect(statSync(join(disk, 'half')).size).toBeLessThan(40_000);
    expect([status, stderr]).toEqual([1, expect.stringContaining('no space is left')]);
  },
);

test.runIf(process.platform === 'linux')(
  'no command loses its output without a word',
  () => {
    const sandbox = new CliSandbox();
    sandbox.run('init');
    for (const args of [
      ['--version'],
      ['stack', 'list'],
      ['stack', 'list', '--json'],
      ['--help'],
      ['stack', '--help'],
    ]) {
      const { status, stderr } = sandbox.runInto('/dev/full', ...args);
      expect([args, status, stderr]).toEqual([
        args,
        1,
        expect.stringMatching(/^✖ The output cannot be written.*\n→ .*\n$/),
      ]);
    }
  },
  60_000,
);

test('a long output waits for its reader', async () => {
  const code = `import { waitForReader } from ${JSON.stringify(module)};
    let printed = 0;
    setTimeout(() => {
      console.error(printed);
      process.exit();
    }, 200);
    for (; printed < 200_000; printed++) {
      console.log('x'.repeat(99));
      await waitForReader();
    }`;
  const child = spawn(process.execPath, ['--conditions=mlstack-source', '--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [printed] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  expect(Number(printed)).toBeGreaterThan(0);
  expect(Number(printed)).toBeLessThan(20_000);
});
