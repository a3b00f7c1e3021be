import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createUserProject } from './user-project.ts';

const exportsByType = {
  'container-registry': 'registry',
  'secrets-manager': 'secrets',
  'model-deployer': 'deployer',
  'feature-store': 'features',
  'experiment-tracker': 'tracker',
  alerter: 'alerter',
};

test('a stack with custom flavors of all further types goes up and down, runs, and is carried over by its document', () => {
  const user = createUserProject();
  for (const file of ['other-types.ts', 'chain.ts'])
    copyFileSync(join(import.meta.dirname, 'fixtures', file), join(user.directory, file));
  user.succeed('init');
  for (const [type, name] of Object.entries(exportsByType)) {
    user.succeed(type, 'flavor', 'register', `./other-types.ts#${name}`);
    const { status, stderr } = user.mlstack(type, 'register', 'mine', '--flavor=own', '--url=nowhere');
    expect([status, stderr]).toEqual([2, expect.stringContaining('url')]);
    user.succeed(type, 'register', 'mine', '--flavor=own', `--url=http://localhost:1/${type}`);
  }
  const own = ['-c', '-x', '-d', '-f', '-e', '-l'].flatMap((flag) => [flag, 'mine']);
  user.succeed('stack', 'register', 'full', '-o', 'default', '-a', 'default', '-m', 'default', ...own, '--set');

  const states = () => {
    const { components } = user.ask('status');
    const mine = components.filter(({ name }: { name: string }) => name === 'mine');
    expect(mine.map(({ type }: { type: string }) => type).toSorted()).toEqual(Object.keys(exportsByType).toSorted());
    return [...new Set(mine.map(({ state }: { state: string }) => state))];
  };
  expect(states()).toEqual(['not-provisioned']);
  expect(user.succeed('stack', 'up').match(/ provisioned /g)).toHaveLength(7);
  expect(states()).toEqual(['ready']);
  expect(user.succeed('stack', 'up')).not.toMatch(/ provisioned /);
  expect(user.succeed('stack', 'down').match(/ suspended /g)?.length).toBeGreaterThanOrEqual(6);
  expect(states()).toEqual(['suspended']);
  expect(user.succeed('stack', 'up').match(/ resumed /g)).toHaveLength(6);
  expect(user.succeed('doctor')).toContain('✔ alerter mine, status: ready');
  expect(user.succeed('run', 'chain.ts', '--param', 'length=1')).toContain('3 succeeded');

  user.succeed('stack', 'export', 'full', 'full.yaml');
  user.succeed('stack', 'down', '--deprovision', '--yes');
  expect(states()).toEqual(['not-provisioned']);
  user.succeed('stack', 'set', 'default');
  expect(user.mlstack('alerter', 'flavor', 'delete', 'own', '--yes').status).toBe(2);
  user.succeed('stack', 'delete', 'full', '--recursive', '--yes');
  for (const type of Object.keys(exportsByType)) user.succeed(type, 'flavor', 'delete', 'own', '--yes');
  expect(user.succeed('flavor', 'list')).not.toContain('other-types.ts');
  expect(user.mlstack('stack', 'import', 'full.yaml').stderr).toContain('other-types.ts#alerter');
  user.succeed('stack', 'import', 'full.yaml', '--trust');
  expect(user.ask('alerter', 'describe', 'mine').component.config).toEqual({ url: 'http://localhost:1/alerter' });
  user.succeed('stack', 'set', 'full');
  user.succeed('stack', 'up');
  expect(states()).toEqual(['ready']);
});
