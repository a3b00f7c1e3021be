import { homedir, userInfo } from 'node:os';
import { expect, onTestFinished, test, vi } from 'vitest';
import { homeDirectory } from './home-directory.ts';

test.runIf(process.platform !== 'win32')('the home folder is never the folder where one happens to be', () => {
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('HOME', '');
  expect([homedir(), homeDirectory()]).toEqual(['', userInfo().homedir]);
  vi.stubEnv('HOME', '/somewhere');
  expect(homeDirectory()).toBe('/somewhere');
});
