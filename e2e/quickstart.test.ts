import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { answerOf, createUserFolder } from './user-project.ts';

const repository = join(import.meta.dirname, '..');

test('`npm run quickstart` in what git hands out ends with an accuracy, a file to open and a run from the cache', {
  timeout: 600_000,
}, async () => {
  const clone = join(createUserFolder(), 'mlstack');
  const list = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  const files = execFileSync('git', list, { cwd: repository, encoding: 'utf8' }).split('\0').filter(Boolean);
  for (const file of files.filter((name) => existsSync(join(repository, name))))
    cpSync(join(repository, file), join(clone, file), { recursive: true });
  // The machine's own Node and npm, not those that this repository brings.
  const path = process.env.PATH?.split(delimiter).filter((folder) => !folder.startsWith(repository));
  const env = { ...process.env, PATH: path?.join(delimiter), NO_COLOR: '1', npm_config_prefer_offline: 'true' };
  const { status, stdout, stderr } = await answerOf(
    spawn('npm', ['run', 'quickstart'], { cwd: clone, env, stdio: ['ignore', 'pipe', 'pipe'] }),
  );
  expect(status, `${stdout}\n${stderr}`).toBe(0);
  expect(stdout).toMatch(/report .*accuracy: 0\.9\d/);
  expect(stdout).toMatch(/completed in .*: 6 cached/);
  expect(existsSync(join(clone, 'examples/digits/confusion.svg'))).toBe(true);
});
