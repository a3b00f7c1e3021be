import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { UserProject } from './user-project.ts';
import { createUserProject } from './user-project.ts';

/** Node itself from npm, where it is published for this machine. */
const platform = `${process.platform}-${process.arch}`;
const isPublished = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'].includes(platform);
const versions = { oldest: '22.18.0', 'too-old': '20' };

describe.skipIf(!isPublished)('the packed packages', () => {
  let folder: string;
  const nodeOf = (name: keyof typeof versions) => join(folder, 'node_modules', name, 'bin/node');

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mlstack-node-'));
    writeFileSync(join(folder, 'package.json'), '{"private":true}');
    const wanted = Object.entries(versions).map(([name, version]) => `${name}@npm:node-${platform}@${version}`);
    execFileSync('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', ...wanted], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('work on the oldest Node that is supported, without a word of warning', async () => {
    const user = createUserProject({}, nodeOf('oldest'));
    expect(user.succeed('--version')).toContain('node-v22.18.0');
    const say = (...args: string[]): string => {
      const { status, stdout, stderr } = user.mlstack(...args);
      expect([args.join(' '), status, stderr]).toEqual([args.join(' '), 0, '']);
      return stdout;
    };
    say('init');
    for (const name of ['chain.ts', 'custom.ts'])
      copyFileSync(join(import.meta.dirname, 'fixtures', name), join(user.directory, name));
    user.write('mlstack.config.ts', 'export default { run: { params: { length: 2 as number } } };\n');
    expect(say('stack', 'list')).toContain('default');
    say('artifact-store', 'flavor', 'register', './custom.ts#custom');
    say('artifact-store', 'register', 'mine', '--flavor=custom', '--path=./own');
    say('stack', 'register', 'own', '-o', 'default', '-a', 'mine', '-m', 'default');
    say('stack', 'set', 'own');
    say('doctor');
    say('run', 'chain.ts', '--run-name', 'first');
    expect(say('runs', 'describe')).toContain('link_5');
    expect(say('runs', 'logs')).toContain('link 3');
    const [newest] = user.ask('artifacts', 'list').artifacts;
    expect(say('artifacts', 'lineage', newest.id)).toContain('link');
    expect(say('artifacts', 'get', newest.id)).toMatch(/^\d$/);
    say('run', 'chain.ts', '--run-name', 'second', '--detach');
    await completed(user);
    expect(user.ask('runs', 'describe', 'second').run.counts).toEqual({ cached: 5 });
    const logs = join(user.directory, '.mlstack/logs');
    for (const file of readdirSync(logs)) expect(readFileSync(join(logs, file), 'utf8')).not.toMatch(/warning/i);
  });

  test('say in one line that Node is too old', () => {
    const user = createUserProject({}, nodeOf('too-old'));
    const { status, stdout, stderr } = user.mlstack('stack', 'list');
    expect([status, stdout, stderr]).toEqual([
      1,
      '',
      expect.stringMatching(/^mlstack needs Node 22\.18 or newer; this is Node 20\.\d+\.\d+\.\n$/),
    ]);
  });
});

async function completed(user: UserProject): Promise<void> {
  for (const end = Date.now() + 60_000; user.ask('runs', 'describe').run.state !== 'completed'; ) {
    if (Date.now() > end) throw new Error('the run does not come to its end');
    await sleep(100);
  }
}
