import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { workerTokenVariable } from './worker-protocol.ts';

const program = `
import { StepTemporaryDirectory } from ${JSON.stringify(new URL('step-temporary-directory.ts', import.meta.url).href)};
const temporary = new StepTemporaryDirectory();
const made = await temporary.make().catch(({ message, hint }) => message + ' -> ' + hint);
console.log(made);
await temporary.remove().catch(() => {});
`;

function makeIn(folder: string, token?: string): string {
  const { PATH } = process.env;
  const env = { PATH, TMPDIR: folder, ...(token === undefined ? {} : { [workerTokenVariable]: token }) };
  const args = ['--conditions=mlstack-source', '--input-type=module', '--eval', program];
  return spawnSync(process.execPath, args, { env, encoding: 'utf8', timeout: 20_000, killSignal: 'SIGKILL' }).stdout;
}

test.runIf(process.platform === 'linux').each([undefined, 'token'])(
  'where no temporary folder can be made, that is said at once',
  (token) => {
    expect(makeIn('/proc', token)).toMatch(/^No temporary folder can be made in \/proc: ENOENT.* -> Set TMPDIR to/);
  },
  60_000,
);

test.skipIf(process.platform === 'win32')('a worker puts the folders of its steps into one of its own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mlstack-temporary-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  expect(makeIn(join(folder, 'later'), 'token')).toMatch(new RegExp(`^${folder}/later/mlstack-token/step-`));
});
