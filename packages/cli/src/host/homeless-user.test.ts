import { spawnSync } from 'node:child_process';
import { chownSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CliSandbox } from '../testing/run-cli.ts';

const uid = 54_321;

/** Runs as a user that the system does not know, as containers do; it may read everything, wherever this repository lies. */
const asStranger = [
  ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'],
  ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search', '--'],
].flat();
const canBeStranger = process.getuid?.() === 0 && spawnSync('setpriv', [...asStranger.slice(1), 'true']).status === 0;

test.runIf(canBeStranger)('a user without a home folder works in a project, and is told where there is none', () => {
  const sandbox = new CliSandbox();
  for (const folder of [sandbox.home, sandbox.directory]) chownSync(folder, uid, uid);
  const run = (...args: string[]) => sandbox.runBy(asStranger, args);
  expect(run('status')).toEqual({
    status: 2,
    stdout: '',
    stderr: expect.stringMatching(/^✖ There is no mlstack project here, .*\n→ .*`mlstack init`, or set HOME\.\n$/),
  });
  expect(run('init')).toMatchObject({ status: 0, stderr: '' });
  expect(run('stack', 'list')).toEqual({ status: 0, stdout: expect.stringContaining('default'), stderr: '' });
  expect(run('integration', 'install', 's3').stderr).toContain('no package.json');
  expect(run('complete', '--', 'stack', 'set', '')).toMatchObject({ status: 0, stderr: '' });
});
