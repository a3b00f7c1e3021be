import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { UserProject } from './user-project.ts';
import { createUserFolder, createUserProject } from './user-project.ts';

/** A kubeconfig that must not be needed: nothing listens there. */
const kubeconfig = {
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'nowhere',
  clusters: [{ name: 'nowhere', cluster: { server: 'https://127.0.0.1:9' } }],
  users: [{ name: 'nobody', user: { token: 'very-secret-token' } }],
  contexts: [{ name: 'nowhere', context: { cluster: 'nowhere', user: 'nobody' } }],
};

const keys = ['--accessKeyId={{env.AWS_ACCESS_KEY_ID}}', '--secretAccessKey={{env.AWS_SECRET_ACCESS_KEY}}'];

function createClusterUser() {
  const file = join(createUserFolder(), 'kubeconfig');
  writeFileSync(file, JSON.stringify(kubeconfig));
  const user = createUserProject({ KUBECONFIG: file });
  user.succeed('init');
  return user;
}

function registerStore(user: UserProject, name: string, ...fields: string[]): void {
  user.succeed('artifact-store', 'register', name, '--flavor=s3', '--path=s3://bucket', ...fields);
}

test('a component of the cluster is registered, described and refused without a cluster being asked', () => {
  const user = createClusterUser();
  const register = (...fields: string[]) =>
    user.mlstack('orchestrator', 'register', 'k8s', '--flavor=kubernetes', ...fields);
  const help = user.succeed('orchestrator', 'register', '--help', '--flavor=kubernetes');
  for (const field of ['--context', '--namespace', '--image', '--serviceAccount', '--startTimeoutMs'])
    expect(help).toContain(field);

  const refused = register(
    '--namespace=My_Team',
    '--image=Node:24',
    '--nodeSelector.pool=a b',
    '--podTemplate={"spec":{"containers":[{"name":"step","resources":{"limits":{"memory":"4GB"}}}]}}',
    '--startTimeoutMs=soon',
    '--contxt=x',
  );
  expect(refused.status).toBe(2);
  for (const words of [
    /namespace.*lower-case/,
    /image.*must name an image/,
    /nodeSelector\.pool.*value of a label/,
    /limits\.memory.*quantity/,
    /startTimeoutMs/,
    /contxt.*not a field/s,
    /did you mean.*context/i,
  ])
    expect(refused.stderr).toMatch(words);
  expect(user.ask('orchestrator', 'list').components.map(({ name }: { name: string }) => name)).toEqual(['default']);

  expect(register('--context=nowhere', '--namespace=team').status).toBe(0);
  expect(user.ask('orchestrator', 'describe', 'k8s').component.config).toMatchObject({
    context: 'nowhere',
    namespace: 'team',
  });
  expect(user.ask('orchestrator', 'flavor', 'describe', 'kubernetes')).toMatchObject({
    flavor: { name: 'kubernetes' },
  });
});

test('a stack whose pods could not use the artifact store is refused with the reason and what to do', () => {
  const user = createClusterUser();
  user.succeed('orchestrator', 'register', 'k8s', '--flavor=kubernetes', '--context=nowhere');
  user.succeed('step-operator', 'register', 'gpu', '--flavor=kubernetes', '--context=nowhere');
  const stack = (name: string, store: string, ...more: string[]) =>
    user.mlstack('stack', 'register', name, '-o', 'k8s', '-a', store, '-m', 'default', ...more);
  registerStore(user, 'loopback', '--endpoint=http://127.0.0.1:9000', ...keys);
  registerStore(user, 'ambient', '--endpoint=https://minio.example.org');
  registerStore(user, 'profile', '--endpoint=https://minio.example.org', '--profile=work');
  registerStore(user, 'good', '--endpoint=https://minio.example.org', ...keys);

  for (const [name, message, fix] of [
    ['default', /pods of orchestrator "k8s" cannot reach.*lies on this machine/, /→.*s3/],
    ['loopback', /http:\/\/127\.0\.0\.1:9000/, /→.*--endpoint/],
    ['ambient', /do not travel/, /→.*\{\{env\.AWS_ACCESS_KEY_ID\}\}.*--serviceAccount/],
    ['profile', /profile work/, /→.*\{\{env\.AWS_ACCESS_KEY_ID\}\}/],
  ] as const) {
    const { status, stderr } = stack('cluster', name);
    expect(status, name).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(fix);
  }
  const operator = user.mlstack('stack', 'update', 'default', '--step-operator=gpu');
  expect(operator.status).toBe(2);
  expect(operator.stderr).toMatch(/pods of step-operator "gpu" cannot reach/);

  expect(stack('cluster', 'good').status).toBe(0);
  const worse = user.mlstack('stack', 'update', 'cluster', '--artifact-store=default');
  expect(worse.status).toBe(2);
  expect(user.succeed('stack', 'validate', 'cluster')).toContain('valid');

  // One that was good when it was put into the stack.
  user.succeed('orchestrator', 'update', 'k8s', '--serviceAccount=trainer');
  user.succeed('stack', 'update', 'cluster', '--artifact-store=ambient');
  const orphaned = user.mlstack('orchestrator', 'remove-attribute', 'k8s', '--serviceAccount');
  expect(orphaned.status).toBe(2);
  expect(orphaned.stderr).toMatch(/do not travel/);
});

test('settings that steps have for the cluster are checked before anything starts', () => {
  const user = createClusterUser();
  user.succeed('orchestrator', 'register', 'k8s', '--flavor=kubernetes', '--context=nowhere');
  registerStore(user, 'good', '--endpoint=http://192.0.2.1', ...keys);
  user.succeed('stack', 'register', 'cluster', '-o', 'k8s', '-a', 'good', '-m', 'default', '--set');
  user.write(
    'pipeline.ts',
    `import { pipeline, step } from '@mlstack/core';
     const one = step({ name: 'one', vendor: { 'orchestrator/kubernetes': { nodeSelectr: { a: 'b' }, image: 'Node:24' } }, run: () => 1 });
     export default pipeline('p', () => one());`,
  );
  const { status, stderr } = user.mlstack('run', 'pipeline.ts');
  expect(stderr).toMatch(/one\.settings\.orchestrator\/kubernetes/);
  expect(stderr).toMatch(/nodeSelectr/);
  expect(stderr).toMatch(/image.*must name an image/);
  expect(status).toBe(2);
  expect(user.ask('runs', 'list', '--stack', 'default').runs).toEqual([]);
});

test('a cluster that is not there is told without a stack trace or a secret', () => {
  const user = createClusterUser();
  user.succeed('orchestrator', 'register', 'k8s', '--flavor=kubernetes', '--apiTimeoutMs=1000');
  registerStore(user, 'good', '--endpoint=http://127.1.1.1:9', ...keys);
  for (const args of [
    ['orchestrator', 'up', 'k8s'],
    ['kubernetes', 'jobs', '--component', 'k8s'],
    ['kubernetes', 'jobs', '--component', 'k8s', '--json'],
  ]) {
    const { status, stdout, stderr } = user.mlstack(...args);
    expect(status, args.join(' ')).toBe(1);
    expect(stdout + stderr).toMatch(/127\.0\.0\.1:9.*(ECONNREFUSED|cannot be reached)/);
    expect(stdout + stderr).not.toMatch(/very-secret-token|\n\s+at /);
  }
  const noCluster = user.mlstack('kubernetes', 'prune');
  expect(noCluster.status).toBe(2);
  expect(noCluster.stderr).toMatch(/flavor kubernetes.*→/s);
});

test('commands that do not touch the cluster do not load its client, and those that only list load nothing of the package', () => {
  const loaded = join(createUserFolder(), 'loaded.txt');
  const recorder = `import { registerHooks } from 'node:module';
    import { appendFileSync } from 'node:fs';
    registerHooks({ load(url, context, next) { appendFileSync(${JSON.stringify(loaded)}, url + '\\n'); return next(url, context); } });`;
  const preload = `data:text/javascript,${encodeURIComponent(recorder)}`;
  const user = createUserProject({ NODE_OPTIONS: `--import=${JSON.stringify(preload)}` });
  /** Bytes of the package's code that a command loads; the client alone is some three million. */
  const bytesOf = (...args: string[]) => {
    writeFileSync(loaded, '');
    user.mlstack(...args);
    const files = readFileSync(loaded, 'utf8')
      .split('\n')
      .filter((url) => url.includes('flavor-kubernetes'));
    expect(files.join('\n')).not.toContain('client-node');
    return [...new Set(files)].map((url) => statSync(fileURLToPath(url)).size).reduce((sum, size) => sum + size, 0);
  };
  user.succeed('init');
  const definition = bytesOf('orchestrator', 'register', 'k8s', '--flavor=kubernetes', '--context=nowhere');
  expect(definition).toBeGreaterThan(0);
  expect(definition).toBeLessThan(50_000);
  registerStore(user, 'good', '--endpoint=http://192.0.2.1', ...keys);
  user.succeed('stack', 'register', 'cluster', '-o', 'k8s', '-a', 'good', '-m', 'default', '--set');
  for (const args of [['stack', 'list'], ['stack', 'get'], ['--help'], ['flavor', 'list'], ['orchestrator', 'list']])
    expect(bytesOf(...args), args.join(' ')).toBe(0);
  for (const args of [
    ['stack', 'describe'],
    ['orchestrator', 'describe', 'k8s'],
    ['runs', 'list'],
    ['stack', 'validate'],
  ])
    expect(bytesOf(...args), args.join(' ')).toBeLessThan(50_000);
  // What is seen of a command that does touch it.
  expect(bytesOf('orchestrator', 'up', 'k8s')).toBeGreaterThan(1_000_000);
});
