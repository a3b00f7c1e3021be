import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SeenRequest } from '../packages/flavor-s3/src/testing/faulty-proxy.ts';
import { FaultyProxy } from '../packages/flavor-s3/src/testing/faulty-proxy.ts';
import { realEndpoint, TestBucket } from '../packages/flavor-s3/src/testing/test-bucket.ts';
import { installProject } from './install-project.ts';
import type { UserProject } from './user-project.ts';
import { answerOf, createUserFolder, createUserProject, openUserProject } from './user-project.ts';

const fixture = (name: string) => join(import.meta.dirname, 'fixtures', name);
const digits = join(import.meta.dirname, '../examples/digits');
/** A script that kills the server and starts it again: `SCRIPT kill`, `SCRIPT gateway`. */
const serverScript = process.env.MLSTACK_TEST_S3_SERVER;

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 120_000; !(await condition()); await sleep(50))
    if (Date.now() > end) throw new Error(`It did not come to pass: ${condition}`);
}

function linesOf(user: UserProject, file: string): number {
  return existsSync(join(user.directory, file)) ? user.read(file).split('\n').length - 1 : 0;
}

/** As `artifacts prune`, which has another grace period. */
async function prune(user: UserProject, gracePeriodMs: number): Promise<unknown> {
  user.write(
    'prune.mjs',
    `import { openProject, pruneArtifacts } from '@mlstack/core/project';
    const directory = process.cwd() + '/node_modules/@mlstack/cli';
    const project = openProject({ host: { directory, program: directory + '/bin/mlstack.js' } });
    console.log(JSON.stringify(await pruneArtifacts(project, { gracePeriodMs: ${gracePeriodMs} })));`,
  );
  const { status, stdout, stderr } = await answerOf(user.startNode('prune.mjs'));
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout);
}

describe.skipIf(realEndpoint === undefined)('a stack that keeps artifacts on S3 (MLSTACK_TEST_S3_ENDPOINT)', () => {
  const bucket = new TestBucket();
  const proxy = new FaultyProxy(realEndpoint ?? 'http://127.0.0.1');
  beforeAll(async () => {
    await bucket.create();
    await proxy.listen();
  });
  afterEach(() => proxy.reset());
  afterAll(async () => {
    await bucket.remove();
    await proxy.close();
  });

  /** Makes the folder a project with such a stack. */
  function keepOnS3(user: UserProject, prefix: string, endpoint = realEndpoint, ...fields: string[]): void {
    user.succeed('init');
    const place = [`--path=s3://${bucket.name}/${prefix}`, `--endpoint=${endpoint}`, '--region=us-east-1'];
    user.succeed('artifact-store', 'register', 'prod', '--flavor=s3', ...place, ...fields);
    user.succeed('stack', 'copy', 'default', 'prod');
    user.succeed('stack', 'update', 'prod', '--artifact-store=prod');
    user.succeed('stack', 'set', 'prod');
  }
  const keysUnder = async (prefix: string) => (await bucket.keys()).filter((key) => key.startsWith(prefix));

  for (const manager of ['npm', 'pnpm'] as const)
    test(`the digits example runs unchanged in a project by ${manager}, again from the cache, with its lineage`, async () => {
      const directory = createUserFolder();
      installProject(directory, manager, { mnist: '1.1.0', zod: '^4.0.0' });
      cpSync(join(digits, 'pipeline.ts'), join(directory, 'pipeline.ts'));
      cpSync(join(digits, 'src'), join(directory, 'src'), { recursive: true });
      const user = openUserProject(directory, { HOME: createUserFolder() });
      keepOnS3(user, `digits by ${manager}`);

      user.succeed('run', 'pipeline.ts', '--run-name', 'first');
      expect(user.ask('runs', 'describe', 'first').run).toMatchObject({ state: 'completed', stack: 'prod' });
      const { artifacts } = user.ask('artifacts', 'list', '--run', 'first');
      const idOf = (output: string) => artifacts.find((one: { output: string }) => one.output === output).id;
      user.succeed('artifacts', 'get', idOf('accuracy'), 'accuracy.json');
      expect(Number(user.read('accuracy.json'))).toBeGreaterThan(0.9);
      user.succeed('artifacts', 'get', idOf('confusion'), 'confusion.svg');
      expect(user.read('confusion.svg')).toMatch(/^<svg/);
      const lineage = user.succeed('artifacts', 'lineage', idOf('confusion'));
      for (const step of ['load_digits', 'train_network', 'choose_neighbours', 'evaluate'])
        expect(lineage).toContain(step);
      expect(existsSync(join(directory, '.mlstack/artifacts'))).toBe(false);

      user.succeed('run', 'pipeline.ts', '--run-name', 'second');
      expect(user.ask('runs', 'describe', 'second').run.counts).toEqual({ cached: 6 });
      expect(user.succeed('runs', 'logs', 'first', '--step', 'report')).toContain('neighbours');
      const used = user.ask('s3', 'du');
      expect(used.objects).toBe((await keysUnder(`digits by ${manager}/`)).length);
    });

  const outages = {
    'is not to be reached for a while': { stop: () => proxy.close(), start: () => proxy.listen() },
    'is killed and started again (MLSTACK_TEST_S3_SERVER)': {
      stop: async () => void execFileSync(serverScript ?? '', ['kill']),
      start: async () => void execFileSync(serverScript ?? '', ['gateway'], { stdio: 'ignore' }),
    },
  };
  for (const [title, { stop, start }] of Object.entries(outages))
    test.skipIf(title.includes('MLSTACK_TEST_S3_SERVER') && serverScript === undefined)(
      `a run whose server ${title} amid it is finished`,
      async () => {
        const user = createUserProject();
        copyFileSync(fixture('chain.ts'), join(user.directory, 'chain.ts'));
        keepOnS3(user, 'outage', proxy.endpoint);
        const running = answerOf(
          user.start('run', 'chain.ts', '--run-name', 'long', '--param', 'length=8', '--param', 'ms=200'),
        );
        await until(() => linesOf(user, 'ran.txt') >= 4);
        await stop();
        await sleep(3000);
        await start();
        const { status, stderr } = await running;
        expect(status, stderr).toBe(0);
        const { artifacts } = JSON.parse(await user.finish('artifacts', 'list', '--run', 'long', '--json'));
        expect(artifacts).toHaveLength(17);
        const last = artifacts.find(({ nodeId }: { nodeId: string }) => nodeId === 'link_17');
        expect(await user.finish('artifacts', 'get', last.id)).toContain('9');
        // Each step ran once: the outage cost time and nothing else.
        expect(linesOf(user, 'ran.txt')).toBe(17);
        expect((await user.finish('runs', 'logs', 'long')).match(/link \d+/g)).toHaveLength(17);
      },
    );

  test('two projects share a bucket and a prefix, and remove nothing of each other', async () => {
    const [mine, theirs] = [createUserProject(), createUserProject()];
    for (const user of [mine, theirs]) {
      copyFileSync(fixture('chain.ts'), join(user.directory, 'chain.ts'));
      keepOnS3(user, 'shared', proxy.endpoint);
      await user.finish('run', 'chain.ts', '--run-name', 'first', '--param', 'length=2');
      await user.finish('run', 'chain.ts', '--run-name', 'second', '--param', 'length=3', '--no-cache');
    }
    const owners = new Set((await keysUnder('shared/')).map((key) => key.split('/')[1] as string));
    expect(owners.size).toBe(2);
    proxy.reset();
    await mine.finish('runs', 'delete', 'first', '--yes');
    const [own, other] = [...owners].sort((one) => (isSeenIn(one, proxy.seen) ? -1 : 1)) as [string, string];
    const othersKeys = await keysUnder(`shared/${other}/`);
    expect(othersKeys.length).toBeGreaterThan(10);
    // What nobody refers to, of either.
    const store = bucket.open({ path: `s3://${bucket.name}/shared` });
    for (const owner of [own, other]) await store.write(`${owner}/runs/0/orphan.1.x`, new Uint8Array(3));
    await sleep(1100); // times on S3 have whole seconds
    expect(await prune(mine, 0)).toMatchObject({ objects: 1 });
    expect(await keysUnder(`shared/${other}/`)).toEqual([...othersKeys, `shared/${other}/runs/0/orphan.1.x`].sort());
    expect(proxy.seen.filter((seen) => isSeenIn(other, [seen]))).toEqual([]);
    const { artifacts } = JSON.parse(await theirs.finish('artifacts', 'list', '--json'));
    for (const { id } of artifacts) await theirs.finish('artifacts', 'get', id);
    for (const { id } of JSON.parse(await mine.finish('artifacts', 'list', '--run', 'second', '--json')).artifacts)
      await mine.finish('artifacts', 'get', id);
  });

  test('listing and lineage ask the bucket nothing; a run does not list it', async () => {
    const user = createUserProject();
    copyFileSync(fixture('chain.ts'), join(user.directory, 'chain.ts'));
    keepOnS3(user, 'unlisted', proxy.endpoint);
    for (const name of ['first', 'second']) await user.finish('run', 'chain.ts', '--run-name', name);
    await user.finish('runs', 'logs', 'first');
    expect(proxy.seen.length).toBeGreaterThan(10);
    expect(proxy.seen.filter(({ url }) => url.includes('list-type'))).toEqual([]);
    proxy.reset();
    const { artifacts } = JSON.parse(await user.finish('artifacts', 'list', '--json'));
    for (const args of [
      ['artifacts', 'lineage', artifacts[0].id],
      ['artifacts', 'describe', artifacts[0].id],
      ['runs', 'list'],
      ['runs', 'describe', 'first'],
      ['runs', 'explain', 'second'],
      ['pipeline', 'list'],
      ['stack', 'describe'],
    ])
      await user.finish(...args);
    expect(proxy.seen).toEqual([]);
  });

  test('keys are taken from the environment by reference, and are written nowhere', () => {
    const { AWS_ACCESS_KEY_ID: id = '', AWS_SECRET_ACCESS_KEY: secret = '' } = process.env;
    const keys = { S3_ID: id, S3_SECRET: secret, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
    const user = createUserProject(keys);
    copyFileSync(fixture('chain.ts'), join(user.directory, 'chain.ts'));
    keepOnS3(user, 'by reference', realEndpoint, '--accessKeyId={{env.S3_ID}}', '--secretAccessKey={{env.S3_SECRET}}');
    user.succeed('run', 'chain.ts', '--run-name', 'first', '--param', 'length=1');
    expect(user.ask('s3', 'du').objects).toBeGreaterThan(0);
    expect(user.read('.mlstack/registry.json')).toContain('{{env.S3_SECRET}}');
    for (const file of readdirSync(join(user.directory, '.mlstack'), { recursive: true, withFileTypes: true }))
      if (file.isFile()) expect(readFileSync(join(file.parentPath, file.name)).includes(secret), file.name).toBe(false);
    expect(user.succeed('artifact-store', 'describe', 'prod') + user.succeed('stack', 'export', 'prod')).not.toContain(
      secret,
    );
    const without = openUserProject(user.directory, { S3_ID: id });
    const { status, stderr } = without.mlstack('s3', 'ls');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^✖ .*S3_SECRET/m);
  });

  test('logs of a step are followed by a command elsewhere while it runs', async () => {
    const user = createUserProject();
    copyFileSync(fixture('talking.ts'), join(user.directory, 'talking.ts'));
    keepOnS3(user, 'followed');
    const running = answerOf(user.start('run', 'talking.ts', '--run-name', 'long'));
    await until(() => user.ask('runs', 'list').runs.length === 1);
    // Of the first project it has the records alone: what a step says comes over S3.
    const elsewhere = createUserProject();
    elsewhere.succeed('init');
    elsewhere.succeed(
      'metadata-store',
      'register',
      'theirs',
      '--flavor=local',
      `--path=${join(user.directory, '.mlstack/metadata.db')}`,
    );
    elsewhere.succeed('stack', 'register', 'theirs', '-o', 'default', '-a', 'default', '-m', 'theirs', '--set');
    const following = elsewhere.start('runs', 'logs', 'long', '--follow');
    let seen = '';
    following.stdout?.setEncoding('utf8').on('data', (text: string) => {
      seen += text;
    });
    await until(() => seen.includes('before'));
    expect(seen).not.toContain('after');
    user.write('go', '');
    const { status } = await answerOf(following);
    expect(status).toBe(0);
    expect(seen).toMatch(/before.*after/s);
    expect((await running).status).toBe(0);
  });

  describe('an upload that is ended', () => {
    const isPart = ({ method, url }: SeenRequest) => method === 'PUT' && url.includes('partNumber=');
    /** Lets one part through, and keeps the others waiting. */
    const stall = () => {
      proxy.fault = (seen) => (isPart(seen) && proxy.seen.filter(isPart).length > 1 ? 'stall' : undefined);
    };
    const isUnderWay = () => proxy.seen.filter(isPart).length > 2;

    test('by Ctrl-C, of a step, is aborted at once', async () => {
      const user = createUserProject();
      copyFileSync(fixture('large.ts'), join(user.directory, 'large.ts'));
      keepOnS3(user, 'ended', proxy.endpoint);
      stall();
      const child = user.start('run', 'large.ts');
      const running = answerOf(child);
      await until(isUnderWay);
      child.kill('SIGINT');
      expect((await running).status).toBe(130);
      expect(await bucket.unfinishedUploads()).toEqual([]);
    });

    test('by Ctrl-C, of `s3 cp`, is aborted at once and leaves nothing', async () => {
      const user = createUserProject();
      keepOnS3(user, 'ended', proxy.endpoint);
      user.write('large.bin', 'x'.repeat(40 * 1024 * 1024));
      stall();
      const child = user.start('s3', 'cp', 'large.bin', `s3://${bucket.name}/ended/large.bin`);
      const running = answerOf(child);
      await until(isUnderWay);
      child.kill('SIGINT');
      const { status, stderr } = await running;
      expect(status).toBe(130);
      expect(stderr).not.toMatch(/^\s+at /m);
      expect(await bucket.unfinishedUploads()).toEqual([]);
      expect(await keysUnder('ended/large')).toEqual([]);
    });

    test('by kill -9 is aborted by `artifacts prune`, and the run can be resumed', async () => {
      const user = createUserProject();
      copyFileSync(fixture('large.ts'), join(user.directory, 'large.ts'));
      keepOnS3(user, 'killed', proxy.endpoint);
      stall();
      const child = user.start('run', 'large.ts', '--run-name', 'large');
      const running = answerOf(child);
      await until(isUnderWay);
      child.kill('SIGKILL');
      await running;
      await until(() => user.ask('runs', 'list').runs[0].state === 'crashed');
      proxy.reset();
      expect(await bucket.unfinishedUploads()).toHaveLength(1);
      await user.finish('runs', 'resume', 'large');
      expect(await prune(user, -60_000)).toMatchObject({ unfinished: 1 });
      expect(await bucket.unfinishedUploads()).toEqual([]);
      const [artifact] = JSON.parse(await user.finish('artifacts', 'list', '--json')).artifacts;
      await user.finish('artifacts', 'get', artifact.id, 'made.bin');
    });
  });

  test('`mlstack s3` takes all keys that S3 takes', async () => {
    const user = createUserProject();
    keepOnS3(user, 'keys/a b/ü/..//x');
    const folder = 'odd keys//../';
    const names = [
      'a b',
      'ü😀',
      '..',
      '../..',
      '//x',
      '/a',
      'a//b',
      '%2F+%20',
      '?q#f',
      'quo\'te"',
      'line\nbreak',
      '-',
      'k'.repeat(1024 - folder.length),
    ];
    for (const [index, name] of names.entries()) {
      user.write('in', `content ${index}`);
      const uri = `s3://${bucket.name}/${folder}${name}`;
      user.succeed('s3', 'cp', 'in', uri);
      user.succeed('s3', 'cp', uri, 'out');
      expect(user.read('out'), name).toBe(`content ${index}`);
    }
    const listed = user.ask('s3', 'ls', `s3://${bucket.name}/${folder}`, '--recursive');
    expect(listed.objects.map(({ key }: { key: string }) => key)).toEqual(
      names.map((name) => folder + name).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    );
    expect(user.ask('s3', 'du', `s3://${bucket.name}/${folder}`)).toMatchObject({ objects: names.length });
    expect(user.succeed('s3', 'ls', `s3://${bucket.name}/${folder}`)).toContain('"odd keys//../line\\nbreak"');
    expect(user.ask('s3', 'ls', `s3://${bucket.name}/odd keys/`).folders).toEqual(['odd keys//']);

    const missing = user.mlstack('s3', 'cp', `s3://${bucket.name}/not there`, 'out');
    expect(missing.status).toBe(2);
    expect(missing.stderr).toMatch(/^✖ Nothing is stored at s3:\/\/.*not there/m);

    const refused = user.mlstack('s3', 'cp', '--recursive', `s3://${bucket.name}/${folder}`, 'all');
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(/cannot be the path of a file/);
    expect(existsSync(join(user.directory, 'all'))).toBe(false);

    mkdirSync(join(user.directory, 'tree/sub folder'), { recursive: true });
    user.write('tree/sub folder/ü.txt', 'deep');
    user.write('tree/empty', '');
    user.succeed('s3', 'cp', '--recursive', 'tree', `s3://${bucket.name}/tree`);
    user.succeed('s3', 'cp', '--recursive', `s3://${bucket.name}/tree/`, 'copy');
    expect(user.read('copy/sub folder/ü.txt')).toBe('deep');
    expect(user.read('copy/empty')).toBe('');
    // A store whose own prefix is odd works as any other.
    copyFileSync(fixture('chain.ts'), join(user.directory, 'chain.ts'));
    user.succeed('run', 'chain.ts', '--run-name', 'odd');
    expect(user.ask('s3', 'du').objects).toBe((await keysUnder('keys/a b/ü/..//x/')).length);
  });
});

function isSeenIn(owner: string, seen: readonly SeenRequest[]): boolean {
  return seen.some(({ url }) => url.includes(owner));
}
