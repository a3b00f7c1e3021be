import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const program = `
import { getCompileCacheDir } from 'node:module';
import { keepCompiledCode } from ${JSON.stringify(new URL('keep-compiled-code.ts', import.meta.url).href)};
keepCompiledCode();
console.log(String(getCompileCacheDir()));
`;

function cacheWith(temporaryDirectory: string): string {
  const args = ['--input-type=module', '--eval', program];
  const env = { PATH: process.env.PATH, TMPDIR: temporaryDirectory };
  return spawnSync(process.execPath, args, {
    env,
    encoding: 'utf8',
    timeout: 20_000,
    killSignal: 'SIGKILL',
  }).stdout.trim();
}

test.runIf(process.platform === 'linux')(
  'goes without, where no folder can be made for it',
  () => {
    expect(cacheWith('/proc')).toBe('undefined');
  },
  60_000,
);

test.skipIf(process.platform === 'win32')('keeps it in the temporary folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mlstack-compiled-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  expect(cacheWith(folder)).toContain(join(folder, 'node-compile-cache'));
  expect(existsSync(join(folder, 'node-compile-cache'))).toBe(true);
});
