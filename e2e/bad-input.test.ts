import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { UserProject } from './user-project.ts';
import { createUserProject } from './user-project.ts';

const chain = join(import.meta.dirname, 'fixtures/chain.ts');

function createProject(): UserProject {
  const user = createUserProject();
  user.succeed('init');
  copyFileSync(chain, join(user.directory, 'chain.ts'));
  return user;
}

/** Expects exit code 2 and an error of the promised form, and that the registry is as it was. */
function expectRefused(user: UserProject, args: readonly string[], ...parts: readonly (string | RegExp)[]): void {
  const registry = user.read('.mlstack/registry.json');
  const { status, stderr, stdout } = user.mlstack(...args);
  expect.soft(status, `${args.join(' ').slice(0, 200)}\n${stdout}${stderr}`).toBe(2);
  expect.soft(stderr).toMatch(/^✖ /m);
  expect.soft(stderr).toMatch(/^→ /m);
  expect.soft(stderr).not.toMatch(/^\s+at /m);
  for (const part of parts) expect.soft(stderr).toMatch(part);
  expect.soft(user.read('.mlstack/registry.json')).toBe(registry);
}

describe('what is not there', () => {
  test('an unknown command, flavor, component, stack or key suggests the nearest one', () => {
    const user = createProject();
    expectRefused(user, ['stakc', 'list'], /stack/);
    expectRefused(user, ['artifact-store', 'register', 'x', '--flavor=locl', '--path=./x'], /locl/, /local/);
    expectRefused(user, ['artifact-store', 'describe', 'defualt'], /default/);
    expectRefused(user, ['stack', 'set', 'defalt'], /default/);
    expectRefused(user, ['artifact-store', 'register', 'x', '--flavor=local', '--pth=./x'], /pth/, /path/);
    expectRefused(user, ['stack', 'register', 'x', '-o', 'default', '-a', 'nothing', '-m', 'default'], /nothing/);
    expectRefused(user, ['stack', 'register', 'x', '-o', 'default'], /artifact.store/i, /metadata.store/i);
    expectRefused(user, ['runs', 'describe', 'nothing'], /nothing/);
  });
});

describe('what is of the wrong kind', () => {
  test('a wrong type of value and a missing field are named', () => {
    const user = createProject();
    expectRefused(user, ['orchestrator', 'register', 'x', '--flavor=local', '--concurrency=many'], /concurrency/);
    expectRefused(user, ['artifact-store', 'register', 'x', '--flavor=s3'], /path/);
    expectRefused(user, ['artifact-store', 'register', 'x', '--flavor=local', '--path=s3://bucket'], /s3/);
    expectRefused(
      user,
      [
        'artifact-store',
        'register',
        'x',
        '--flavor=s3',
        '--path=s3://bucket',
        '--secret-access-key=clear',
        '--access-key-id={{env.ID}}',
      ],
      /secretAccessKey|secret-access-key/,
    );
  });

  test('a file without a name is told as what it is', () => {
    expectRefused(createProject(), ['run', ''], /The name of the file to run is empty/);
  });

  test('names that are empty, hostile, too long or taken are refused', () => {
    const user = createProject();
    for (const name of ['', '../x', 'a\nb', 'x'.repeat(10_000), '1st', 'a b'])
      expectRefused(user, ['artifact-store', 'register', '--flavor=local', '--path=./x', '--', name]);
    expectRefused(user, ['artifact-store', 'register', 'DEFAULT', '--flavor=local', '--path=./x'], /default/);
    expectRefused(
      user,
      ['stack', 'register', 'Default', '-o', 'default', '-a', 'default', '-m', 'default'],
      /default/i,
    );
  });
});

describe('a registry', () => {
  test.each([
    ['broken', '{"formatVersion": 1, "stacks": ['],
    ['empty', ''],
    ['newer', '{"formatVersion": 999}'],
    ['of another kind', '[1, 2]'],
  ])('that is %s is reported and left as it is', (_, text) => {
    const user = createProject();
    writeFileSync(join(user.directory, '.mlstack/registry.json'), text);
    for (const args of [
      ['stack', 'list'],
      ['stack', 'set', 'default'],
      ['run', 'chain.ts'],
    ])
      expectRefused(user, args, /registry\.json/);
  });

  test('whose component was deleted by hand is told by validate and run', () => {
    const user = createProject();
    const file = join(user.directory, '.mlstack/registry.json');
    const registry = JSON.parse(readFileSync(file, 'utf8'));
    registry.components = Array.isArray(registry.components)
      ? registry.components.filter(({ type }: { type: string }) => type !== 'artifact-store')
      : Object.fromEntries(Object.entries(registry.components).filter(([type]) => type !== 'artifact-store'));
    writeFileSync(file, JSON.stringify(registry));
    expectRefused(user, ['stack', 'validate'], /artifact.store/i, /default/);
    expectRefused(user, ['run', 'chain.ts'], /artifact.store/i);
    expect(user.succeed('stack', 'list')).toContain('default');
  });
});

describe('a pipeline file', () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['does not parse', 'export default (;\n', /bad\.ts:1/],
    ['throws on import', "import { x } from './thrower.ts';\nexport default x;\n", /thrower\.ts:1|went wrong/],
    ['exits on import', 'process.exit(7);\n', /exit|7/],
    ['exports no pipeline', 'export default 5;\n', /pipeline/],
    ['imports what is not there', "import 'nothing-of-the-kind';\nexport default 1;\n", /nothing-of-the-kind/],
  ];
  test.each(cases)('that %s is refused before anything starts', (_, text, message) => {
    const user = createProject();
    user.write('thrower.ts', "throw new Error('went wrong');\nexport const x = 1;\n");
    user.write('bad.ts', text);
    const { status, stderr } = user.mlstack('run', 'bad.ts');
    expect(status, stderr).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^→ /m);
    expect(stderr).not.toMatch(/node:internal/);
    expect(user.ask('runs', 'list').runs).toEqual([]);
  });

  test('that is missing, or lacks the named export, is refused', () => {
    const user = createProject();
    expectRefused(user, ['run', 'nothing.ts'], /nothing\.ts/);
    expectRefused(user, ['run', 'chain.ts#other'], /other/);
    expectRefused(user, ['run', 'chain.ts', '--param', 'lnk.index=1'], /lnk/);
    expectRefused(user, ['run', 'chain.ts', '--param', 'length=long'], /length/);
  });

  test('whose step returns what nothing stores fails that run and says where', () => {
    const user = createProject();
    user.write(
      'odd.ts',
      "import { pipeline, step } from '@mlstack/core';\nconst odd = step({ name: 'odd', run: () => ({ inner: [() => 1] }) });\nexport default pipeline('odd', () => odd());\n",
    );
    const { status, stdout, stderr } = user.mlstack('run', 'odd.ts');
    expect(status).toBe(1);
    expect(stdout + stderr).toMatch(/inner\[0\] is a function/);
    expect(user.ask('runs', 'list').runs[0].state).toBe('failed');
  });

  test('whose step throws is told with the line in the user’s own file', () => {
    const user = createProject();
    user.write(
      'thrown.ts',
      "import { pipeline, step } from '@mlstack/core';\ninterface Unused {\n  a: 1;\n}\nconst bad = step({\n  name: 'bad',\n  run: (): Unused => {\n    throw new Error('no luck');\n  },\n});\nexport default pipeline('thrown', () => bad());\n",
    );
    const { status, stdout, stderr } = user.mlstack('run', 'thrown.ts');
    expect(status).toBe(1);
    expect(stdout + stderr).toContain('no luck');
    expect(
      stdout + stderr + user.succeed('runs', 'describe', user.ask('runs', 'list').runs[0].name, '--json'),
    ).toContain('thrown.ts:8');
  });
});

test('the nearest project wins, and status says that there is an outer one', () => {
  const user = createProject();
  mkdirSync(join(user.directory, 'inner'));
  user.succeed('init', '--path', 'inner');
  const status = user.succeed('status', '--project', 'inner');
  expect(status).toContain(join(user.directory, 'inner'));
});

test('a second init says so and changes nothing', () => {
  const user = createProject();
  const before = user.read('.mlstack/registry.json');
  expect(user.succeed('init')).toMatch(/already/);
  expect(user.read('.mlstack/registry.json')).toBe(before);
});
