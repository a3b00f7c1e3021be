import type { ChildProcess } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { processesOf } from './processes-of.ts';
import type { UserProject } from './user-project.ts';
import { createUserProject } from './user-project.ts';

function createProject(): UserProject {
  const user = createUserProject();
  user.succeed('init');
  copyFileSync(join(import.meta.dirname, 'fixtures/behaviours.ts'), join(user.directory, 'behaviours.ts'));
  return user;
}

const run = (name: string, ...flags: string[]) => ['run', `behaviours.ts#${name}`, '--run-name', name, ...flags];

/** Waits for what the steps of `behaviours.ts` note. */
async function waitForNote(user: UserProject, what: string): Promise<void> {
  await waitUntil(() => notes(user).some((note) => note.startsWith(what)));
}

async function waitUntil(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 60_000; !holds(); ) {
    if (Date.now() > end) throw new Error(`in vain: ${holds}`);
    await sleep(50);
  }
}

function notes(user: UserProject): string[] {
  return existsSync(join(user.directory, 'notes.txt')) ? user.read('notes.txt').trim().split('\n') : [];
}

interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

function endOf(child: ChildProcess): Promise<Ending> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (output += text));
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, output })));
}

function statesOf(user: UserProject, name: string): Readonly<Record<string, string>> {
  const { steps } = user.ask('runs', 'describe', name).run;
  return Object.fromEntries(steps.map(({ nodeId, state }: { nodeId: string; state: string }) => [nodeId, state]));
}

describe('what a run begins with', () => {
  test('flags are laid over the configuration file, and --plan shows it without running anything', () => {
    const user = createProject();
    user.write(
      'nightly.yaml',
      'runName: nightly\nsteps:\n  total:\n    params: { factor: 2, label: file }\n    settings: { timeoutMs: 5000 }\n',
    );
    const flags = ['behaviours.ts#sums', '--config', 'nightly.yaml', '--param', 'total.label=flag'];
    const shown = user.succeed('run', ...flags, '--plan');
    expect(shown).toMatch(/numbers.*total {2}factor=2 label="flag"/s);
    const total = user.ask('run', ...flags, '--plan').plan.nodes[1];
    expect(total).toMatchObject({ id: 'total', params: { factor: 2, label: 'flag' }, settings: { timeoutMs: 5000 } });
    expect(user.ask('runs', 'list').runs).toEqual([]);
    user.succeed('run', ...flags);
    expect(user.succeed('runs', 'logs', 'nightly')).toBe('total  flag times 2\n');
    user.write('wrong.yaml', 'steps:\n  totl:\n    params: { factor: 2 }\n');
    const { status, stderr } = user.mlstack('run', 'behaviours.ts#sums', '--config', 'wrong.yaml');
    expect([status, stderr]).toEqual([2, expect.stringMatching(/totl.*"total"/s)]);
    expect(user.mlstack('run', 'behaviours.ts#sums', '--config', 'absent.yaml').status).toBe(2);
  });

  test('the newest run is meant where none is named', () => {
    const user = createProject();
    for (const command of ['describe', 'logs', 'explain', 'resume', 'stop']) {
      const { status, stderr } = user.mlstack('runs', command);
      expect([status, stderr]).toEqual([
        2,
        '✖ There is no run yet in this metadata store.\n→ Start one with `mlstack run FILE`.\n',
      ]);
    }
    user.succeed(...run('sums'));
    const { run: second } = user.ask('run', 'behaviours.ts#sums', '--run-name', 'second', '--param', 'total.label=two');
    for (const command of ['describe', 'explain', 'stop']) expect(user.ask('runs', command).run.id).toBe(second.id);
    expect(user.ask('runs', 'describe').run.steps[0].reason).toMatch(/as in run sums$/);
    expect(user.ask('runs', 'describe').run.name).toBe('second');
    expect(user.succeed('runs', 'logs')).toBe('total  two times 1\n');
    user.succeed('run', 'behaviours.ts#sums', '--param', 'total.label=two');
    expect(user.mlstack('runs', 'logs').stderr).toMatch(/^Nothing was printed: 2 steps came from the cache/);
    expect(user.mlstack('runs', 'logs', '--step', 'total').stderr).toContain('step "total" came from the cache');
    expect(user.succeed('runs', 'delete', user.ask('runs', 'describe').run.name, '--yes')).toContain('is deleted');
    expect(user.succeed('runs', 'explain')).toMatch(/numbers: same code.*parameter label: "none" → "two"/s);
    expect(user.succeed('runs', 'stop')).toBe('Run "second" was completed already.\n');
    expect(user.mlstack('runs', 'resume').stderr).toContain('Run "second" has completed');
    user.write('behaviours.ts', user.read('behaviours.ts').replace(' times ', ' by '));
    user.succeed('run', 'behaviours.ts#sums');
    expect(user.succeed('runs', 'explain')).toMatch(/total: .*code[^:]*: [0-9a-f]{12} → [0-9a-f]{12}$/ms);
  });
});

describe('a step that fails', () => {
  test('is tried again with growing waits, and each attempt has its log', () => {
    const user = createProject();
    const shown = user.succeed(...run('retried'));
    expect(shown).toMatch(/attempt 1 fails.*attempt 2 fails.*✔/s);
    const times = notes(user).map((note) => Number(note.split(' ')[1]));
    expect(times).toHaveLength(3);
    const [first = 0, second = 0, third = 0] = times;
    expect(second - first).toBeGreaterThanOrEqual(200);
    expect(third - second).toBeGreaterThanOrEqual(600);
    expect(user.ask('runs', 'describe').run.steps[0]).toMatchObject({ state: 'succeeded', attempts: 3 });
    expect(user.succeed('runs', 'logs', '--step', 'flaky', '--attempt', '1')).toContain('attempt 1');
    expect(user.succeed('runs', 'logs', '--step', 'flaky')).toBe('attempt 3\n');
  });

  test('is ended when its time is over, also where it blocks', () => {
    const user = createProject();
    const { status, stdout } = user.mlstack(...run('late'));
    expect(status).toBe(1);
    expect(stdout).toMatch(/took longer than/);
    expect(statesOf(user, 'late')).toEqual({ endless: 'failed', patient: 'failed' });
    const { steps } = user.ask('runs', 'describe').run;
    for (const { error } of steps) expect(error.message).toMatch(/longer than.*700 ?ms|0\.7/);
  });

  test('means for the others what the failure mode says', () => {
    const user = createProject();
    const states = (mode: string) => {
      user.write('mode.yaml', `runName: ${mode}\nfailureMode: ${mode}\n`);
      expect(user.mlstack('run', 'behaviours.ts#branches', '--config', 'mode.yaml', '--no-cache').status).toBe(1);
      return statesOf(user, mode);
    };
    expect(states('continue')).toEqual({ fails: 'failed', needs: 'skipped', slow: 'succeeded', last: 'succeeded' });
    expect(states('finish-running')).toEqual({ fails: 'failed', needs: 'skipped', slow: 'succeeded', last: 'skipped' });
    expect(states('stop')).toEqual({ fails: 'failed', needs: 'skipped', slow: 'cancelled', last: 'skipped' });
    expect(user.succeed('runs', 'describe')).toMatch(
      /it fails.*behaviours\.ts:\d+:\d+.*caused by TypeError: the cause/s,
    );
  });

  test('runs its hooks, whose own failure changes nothing', () => {
    const user = createProject();
    const told = user.mlstack(...run('hooks'));
    expect([told.status, told.stdout]).toEqual([1, expect.stringMatching(/its onSuccess failed\s+the hook fails/)]);
    expect(
      notes(user)
        .map((note) => note.replace(/ \d+$/, ''))
        .toSorted(),
    ).toEqual(['failure: no luck', 'success of hooked']);
    expect(statesOf(user, 'hooks')).toEqual({ hooked: 'succeeded', broken: 'failed', hook_fails: 'succeeded' });
    const { steps } = user.ask('runs', 'describe').run;
    expect(steps[2].hooks).toMatchObject([{ role: 'onSuccess', outcome: 'failed' }]);
    expect(user.succeed('runs', 'describe')).toMatch(/its onSuccess failed\s+the hook fails/);
    expect(user.succeed('runs', 'logs')).toMatch(/^hooked onSuccess {2}told of hooked$/m);
  });
});

describe('a run that is ended', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('by %s is cancelled in order, and resume goes on', async (signal) => {
    const user = createProject();
    const child = user.start(...run('clock', '--param', 'ticking.ticks=60'));
    const over = endOf(child);
    await waitForNote(user, 'ticking');
    child.kill(signal);
    expect(await over).toMatchObject({ code: 130, output: expect.stringContaining('cancelled') });
    await waitForNote(user, 'aborted');
    expect(user.ask('runs', 'describe').run.state).toBe('cancelled');
    expect(statesOf(user, 'clock')).toEqual({ ticking: 'cancelled', after: 'skipped' });
    await waitUntil(() => processesOf(user).length === 0);
    user.succeed('runs', 'resume');
    expect(user.ask('runs', 'describe').run.state).toBe('completed');
  });

  test('by a second signal ends at once, and resume goes on', async () => {
    const user = createProject();
    user.write(
      'stubborn.ts',
      `import { appendFileSync, existsSync } from 'node:fs';
import { pipeline, step } from '@mlstack/core';
const stubborn = step({ name: 'stubborn', run: async (_, { signal }) => {
  appendFileSync('notes.txt', 'begun\\n');
  if (!existsSync('free')) await new Promise((resolve) => setTimeout(resolve, 60_000));
} });
export default pipeline('stubborn', () => stubborn());
`,
    );
    const child = user.start('run', 'stubborn.ts');
    const over = endOf(child);
    await waitForNote(user, 'begun');
    child.kill('SIGINT');
    await sleep(300);
    child.kill('SIGINT');
    expect((await over).code).toBe(130);
    await waitUntil(() => processesOf(user).length === 0);
    expect(user.ask('runs', 'list').runs[0].state).toMatch(/crashed|cancelled/);
    user.write('free', '');
    user.succeed('runs', 'resume');
  });

  test('in the background is told, followed and stopped by other commands', async () => {
    const user = createProject();
    const said = user.succeed(...run('clock', '--detach'));
    expect(said).toMatch(/Run "clock" has begun: process \d+ on this machine.*runs logs clock --follow/s);
    await waitForNote(user, 'ticking');
    expect(processesOf(user).length).toBeGreaterThan(0);
    const following = endOf(user.start('runs', 'logs', '--follow'));
    const interrupted = user.start('runs', 'logs', 'clock', '--follow');
    const interruption = endOf(interrupted);
    let printed = '';
    interrupted.stdout?.on('data', (text) => (printed += text));
    await waitUntil(() => printed.includes('ticking  tick 20'));
    interrupted.kill('SIGINT');
    expect(await interruption).toMatchObject({ code: 130, output: expect.not.stringContaining('error of its own') });
    expect(user.ask('runs', 'describe').run).toMatchObject({ state: 'running', driver: { pid: expect.any(Number) } });
    expect(user.mlstack('runs', 'resume').stderr).toMatch(/is being driven by process \d+/);
    expect(user.mlstack('runs', 'delete', 'clock', '--yes').status).toBe(2);
    expect(user.succeed('runs', 'stop')).toBe('✔ Run "clock" is cancelled.\n');
    const followed = await following;
    expect(followed.code).toBe(0);
    expect(followed.output).toMatch(/^ticking {2}tick 0\nticking {2}tick 1\n/);
    expect(statesOf(user, 'clock')).toEqual({ ticking: 'cancelled', after: 'skipped' });
    await waitUntil(() => processesOf(user).length === 0);
  });

  test('in the background comes to its end alone', async () => {
    const user = createProject();
    user.succeed(...run('sums', '--detach'));
    await waitUntil(() => user.ask('runs', 'list').runs[0].state === 'completed');
    await waitUntil(() => processesOf(user).length === 0);
    const log = readdirSync(join(user.directory, '.mlstack/logs'));
    expect(log).toHaveLength(1);
    user.succeed('runs', 'delete', 'sums', '--yes');
    expect(readdirSync(join(user.directory, '.mlstack/logs'))).toEqual([]);
  });

  test('in the background whose driver cannot begin has failed, and tells why', async () => {
    const user = createProject();
    user.write(
      'trip.mjs',
      `import { DatabaseSync } from 'node:sqlite';
const { prepare } = DatabaseSync.prototype;
let tripped = !process.argv[1]?.includes('driver-main');
DatabaseSync.prototype.prepare = function (sql) {
  if (!tripped && /UPDATE runs SET epoch/.test(sql)) {
    tripped = true;
    throw new Error('no lease today');
  }
  return prepare.call(this, sql);
};
`,
    );
    const tripped = createUserProject({ NODE_OPTIONS: `--import=${join(user.directory, 'trip.mjs')}` });
    const pipeline = `${join(user.directory, 'behaviours.ts')}#sums`;
    tripped.succeed('run', pipeline, '--run-name', 'first', '--detach', '--project', user.directory);
    await waitUntil(() => user.ask('runs', 'list').runs[0].state === 'failed');
    expect(user.succeed('runs', 'describe', 'first')).toContain('no lease today');
    expect(user.mlstack('runs', 'logs', 'first', '--follow').status).toBe(0);
    user.succeed('runs', 'resume', 'first');
  });

  test('before its driver has its lease was never there, or is pending in the background: resume, stop and delete go on with it', async () => {
    const kill = `import { DatabaseSync } from 'node:sqlite';
const { prepare } = DatabaseSync.prototype;
DatabaseSync.prototype.prepare = function (sql) {
  if (/UPDATE runs SET epoch/.test(sql)) process.kill(process.pid, 'SIGKILL');
  return prepare.call(this, sql);
};
`;
    const user = createProject();
    user.write('kill.mjs', kill);
    const killed = createUserProject({ NODE_OPTIONS: `--import=${join(user.directory, 'kill.mjs')}` });
    const pipeline = `${join(user.directory, 'behaviours.ts')}#sums`;
    const start = (name: string, ...flags: string[]) =>
      killed.mlstack('run', pipeline, '--run-name', name, '--project', user.directory, ...flags).status;
    expect(start('first')).toBe(null);
    expect(user.ask('runs', 'list').runs).toEqual([]);
    for (const name of ['first', 'second', 'third']) expect(start(name, '--detach')).toBe(0);
    await waitUntil(() => processesOf(killed).length === 0);
    expect(user.ask('runs', 'list').runs.map(({ state }: { state: string }) => state)).toEqual(
      Array(3).fill('pending'),
    );
    user.succeed('runs', 'resume', 'first');
    expect(statesOf(user, 'first')).toEqual({ numbers: 'succeeded', total: 'succeeded' });
    expect(user.succeed('runs', 'stop', 'second')).toBe('✔ Run "second" is cancelled.\n');
    user.succeed('runs', 'delete', 'third', '--yes');
    expect(user.ask('runs', 'list').runs.map(({ state }: { state: string }) => state)).toEqual([
      'cancelled',
      'completed',
    ]);
  });
});

describe('what runs leave behind', () => {
  test('is written out, traced, deleted and pruned', () => {
    const user = createProject();
    user.succeed(...run('sums'));
    user.succeed('run', 'behaviours.ts#sums', '--run-name', 'again');
    const { artifacts } = user.ask('artifacts', 'list', '--run', 'sums');
    const [total, numbers] = artifacts;
    expect(user.succeed('artifacts', 'get', numbers.id)).toBe('[1,2,3]');
    expect(user.succeed('artifacts', 'get', numbers.id, '-')).toBe('[1,2,3]');
    expect(user.succeed('stack', 'export', 'default', '-')).toBe(user.succeed('stack', 'export', 'default'));
    expect(existsSync(join(user.directory, '-'))).toBe(false);
    expect(user.succeed('artifacts', 'get', numbers.id, 'numbers.json')).toMatch(/numbers\.json is written/);
    expect(user.read('numbers.json')).toBe('[1,2,3]');
    const refused = user.mlstack('artifacts', 'get', total.id, 'numbers.json');
    expect([refused.status, user.read('numbers.json')]).toEqual([2, '[1,2,3]']);
    expect(user.succeed('artifacts', 'lineage', total.id)).toMatch(/numbers/);
    expect(user.succeed('artifacts', 'lineage', numbers.id, '--direction', 'down')).toMatch(/total/);

    const question = user.mlstack('runs', 'delete', 'sums');
    expect([question.status, question.stderr]).toEqual([2, expect.stringContaining('Repeat the command with --yes')]);
    expect(user.succeed('runs', 'delete', 'sums', '--yes')).toMatch(/"sums" is deleted, and 0 artifacts/);
    expect(user.succeed('artifacts', 'get', numbers.id)).toBe('[1,2,3]');
    expect(user.succeed('runs', 'delete', 'again', '--yes')).toMatch(/"again" is deleted, and 2 artifacts/);
    expect(user.mlstack('artifacts', 'get', numbers.id).status).toBe(2);
    expect(user.succeed('artifacts', 'prune')).toBe('There is nothing to remove.\n');

    user.succeed(...run('sums', '--no-cache'));
    const { uri } = user.ask('artifacts', 'describe', user.ask('artifacts', 'list').artifacts[0].id).artifact;
    const kept = join(user.directory, '.mlstack/artifacts');
    const folder = join(String(uri).replace(/^file:\/\//, ''), '..', '..', 'gone');
    expect(folder.startsWith(kept)).toBe(true);
    const orphan = join(folder, 'step.1.abc.output.value.json');
    mkdirSync(folder);
    writeFileSync(orphan, '1234');
    user.write('behaviours.ts', `${user.read('behaviours.ts')}\n// changed\nexport const other = sums;\n`);
    user.succeed('run', 'behaviours.ts#other');
    const bundles = join(user.directory, '.mlstack/bundles');
    expect(readdirSync(bundles)).toHaveLength(2);
    const longAgo = new Date(Date.now() - 86_400_000);
    for (const path of [orphan, ...readdirSync(bundles).map((name) => join(bundles, name))])
      utimesSync(path, longAgo, longAgo);
    expect(user.succeed('artifacts', 'prune', '--dry-run')).toBe('Would remove 1 object (4 B), 1 bundle of code.\n');
    expect(user.mlstack('artifacts', 'prune').status).toBe(2);
    expect(existsSync(orphan)).toBe(true);
    expect(user.succeed('artifacts', 'prune', '--yes')).toBe('✔ Removed 1 object (4 B), 1 bundle of code.\n');
    expect([existsSync(orphan), readdirSync(bundles).length]).toEqual([false, 1]);
    user.succeed('run', 'behaviours.ts#other');
  });

  test('keeps the code of a run that may go on', async () => {
    const user = createProject();
    user.write(
      'fail.ts',
      "import { existsSync } from 'node:fs';\nimport { pipeline, step } from '@mlstack/core';\nconst s = step({ name: 's', run: () => { if (!existsSync('free')) throw new Error('not yet'); return 'old'; } });\nexport default pipeline('fail', () => s());\n",
    );
    expect(user.mlstack('run', 'fail.ts').status).toBe(1);
    user.write('fail.ts', user.read('fail.ts').replace("'old'", "'new'"));
    const bundles = join(user.directory, '.mlstack/bundles');
    const longAgo = new Date(Date.now() - 86_400_000);
    for (const name of readdirSync(bundles)) utimesSync(join(bundles, name), longAgo, longAgo);
    expect(user.succeed('artifacts', 'prune', '--yes')).toBe('There is nothing to remove.\n');
    user.write('free', '');
    user.succeed('runs', 'resume');
    expect(user.succeed('artifacts', 'get', user.ask('artifacts', 'list').artifacts[0].id)).toBe('old');
  });
});
