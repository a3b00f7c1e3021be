/**
 * Measures steps on a cluster against Jobs written by hand, on one cluster and in one run:
 * `node --conditions=mlstack-source benchmarks/kubernetes-jobs.ts [--rounds 2] [--kubectl kubectl] [--only fan-out|start]`.
 *
 * Wants MLSTACK_TEST_KUBE_CONTEXT, an S3 server that pods reach by MLSTACK_TEST_S3_ENDPOINT (MLSTACK_TEST_HOST_FROM_PODS takes the
 * place of its loopback address), and the credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Contenders take turns; every
 * other round they come in the opposite order, since a node is busy with pods that are gone for a while.
 *
 * - A fan-out of 100 steps against 100 Jobs applied by kubectl, each of which fetches the same code and writes one object. The aim: at
 *   most 1.15 times as long. Beside it, 100 Jobs of `node -e 0`.
 * - From a changed line of code to the start of the first step's container, against the same of one raw Job. The aim: at most 3 s more.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  initializeProject,
  openProject,
  openStack,
  registerComponent,
  registerStack,
  runPipeline,
  startStack,
  stopStack,
} from '@mlstack/core/project';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '2' },
    kubectl: { type: 'string', default: 'kubectl' },
    only: { type: 'string', default: 'all' },
  },
});
const rounds = Number(values.rounds);
const width = 100;
const context = required('MLSTACK_TEST_KUBE_CONTEXT');
const host = process.env.MLSTACK_TEST_HOST_FROM_PODS;
const endpoint = required('MLSTACK_TEST_S3_ENDPOINT').replace(
  /(?<=\/\/)(127\.0\.0\.1|localhost)(?=[:/]|$)/,
  (own) => host ?? own,
);
const namespace = `mlstack-benchmark-${process.pid}`;
const image = 'node:24-slim';
const directory = realpathSync(mkdtempSync(join(tmpdir(), 'mlstack-kubernetes-jobs-')));

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

function commandOf(args: readonly string[]): [program: string, args: string[]] {
  const [program = 'kubectl', ...own] = values.kubectl.split(' ');
  return [program, [...own, '--context', context, '--namespace', namespace, ...args]];
}

function kubectl(args: readonly string[], input?: object): string {
  const stdio = { encoding: 'utf8', ...(input === undefined ? {} : { input: JSON.stringify(input) }) } as const;
  return execFileSync(...commandOf(args), { ...stdio, maxBuffer: 2 ** 28 });
}

async function time(work: () => Promise<unknown> | unknown): Promise<number> {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1000;
}

function jobOf(name: string, group: string, script: string, withCode: boolean): object {
  const volumes = withCode ? { volumes: [{ name: 'code', secret: { secretName: 'code' } }] } : {};
  const volumeMounts = withCode ? { volumeMounts: [{ name: 'code', mountPath: '/code' }] } : {};
  const container = { name: 'main', image, command: ['node', '-e', script], ...volumeMounts };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, labels: { group } },
    spec: {
      backoffLimit: 0,
      template: {
        spec: { restartPolicy: 'Never', automountServiceAccountToken: false, containers: [container], ...volumes },
      },
    },
  };
}

/** What somebody would write who knows the URLs: fetch all, keep it, put one object. */
const fetchAndWrite = `
const { parts, put } = JSON.parse(require('fs').readFileSync('/code/urls.json', 'utf8'));
Promise.all(parts.map(async (url, index) => {
  require('fs').writeFileSync('/tmp/' + index, Buffer.from(await (await fetch(url)).arrayBuffer()));
})).then(() => fetch(put + '', { method: 'PUT', body: 'one object' })).then((answer) => process.exit(answer.ok ? 0 : 1));
`;

function runJobs(group: string, script: string, withCode: boolean): void {
  const items = Array.from({ length: width }, (_, index) => jobOf(`${group}-${index}`, group, script, withCode));
  kubectl(['apply', '-f', '-'], { apiVersion: 'v1', kind: 'List', items });
  kubectl(['wait', '--for=condition=complete', 'job', '-l', `group=${group}`, '--timeout=600s']);
}

function removeJobs(group: string): void {
  kubectl(['delete', 'job', '-l', `group=${group}`, '--wait=true', '--cascade=foreground']);
}

const modules = join(directory, 'node_modules/@mlstack');
mkdirSync(modules, { recursive: true });
const packages = ['core', 'flavor-local', 'flavor-s3', 'flavor-kubernetes'];
for (const name of packages) symlinkSync(join(import.meta.dirname, '../packages', name), join(modules, name));
const dependencies = Object.fromEntries(packages.map((name) => [`@mlstack/${name}`, '*']));
writeFileSync(join(directory, 'package.json'), JSON.stringify({ name: 'benchmark', type: 'module', dependencies }));
const file = join(directory, 'fan-out.ts');
const source = readFileSync(join(import.meta.dirname, 'kubernetes-jobs/fan-out.ts'), 'utf8');
writeFileSync(file, source);
initializeProject(directory);
const project = openProject({ directory });
const store = {
  path: `s3://${namespace}`,
  endpoint,
  region: process.env.AWS_REGION ?? 'us-east-1',
  accessKeyId: '{{env.AWS_ACCESS_KEY_ID}}',
  secretAccessKey: '{{env.AWS_SECRET_ACCESS_KEY}}',
  createBucket: true,
};
await registerComponent(project, { type: 'artifact-store', name: 's3', flavor: 's3', config: store });
const cluster = { context, namespace };
await registerComponent(project, { type: 'orchestrator', name: 'cluster', flavor: 'kubernetes', config: cluster });
const components = { orchestrator: 'cluster', 'artifact-store': 's3', 'metadata-store': 'default' };
await registerStack(project, { name: 'cluster', components, activate: true });

async function run(pipeline: 'fanOut' | 'single'): Promise<void> {
  const { state, error } = await runPipeline(project, { file, export: pipeline, configuration: { cache: false } });
  if (state !== 'completed') throw new Error(`the run is ${state}: ${error?.message}`);
}

/** Seconds until a container that is not there yet has begun, by what the API server tells. */
async function untilStart(selector: string, begin: () => Promise<unknown> | unknown): Promise<number> {
  const state = '{.metadata.name} {.status.containerStatuses[0].state}{"\\n"}';
  const args = ['get', 'pods', '-l', selector, '--watch', '-o', `jsonpath=${state}`];
  const watching = spawn(...commandOf(args), { stdio: ['ignore', 'pipe', 'inherit'] });
  const known = new Set<string>();
  let begun = Number.POSITIVE_INFINITY;
  const started = new Promise<number>((resolve) => {
    createInterface({ input: watching.stdout }).on('line', (line) => {
      const [name = ''] = line.split(' ', 1);
      if (performance.now() < begun) known.add(name);
      else if (!known.has(name) && /running|terminated/.test(line)) resolve(performance.now());
    });
  });
  // Until it watches.
  await delay(4000);
  begun = performance.now();
  const [at] = await Promise.all([started, begin()]);
  watching.kill();
  return (at - begun) / 1000;
}

async function storeUrls(): Promise<void> {
  const stack = await openStack(project);
  const opened = await stack.component('artifact-store');
  const parts: string[] = [];
  for await (const { key } of opened.list('')) {
    if (key.endsWith('.pack')) parts.push(await opened.presign(key, { method: 'GET', expiresInSeconds: 7200 }));
  }
  const put = await opened.presign('by-hand/object', { method: 'PUT', expiresInSeconds: 7200 });
  const stringData = { 'urls.json': JSON.stringify({ parts, put }) };
  kubectl(['apply', '-f', '-'], { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'code' }, stringData });
  await stack.close();
}

/** Until the node has nothing more to do for pods that are gone: whoever came next would pay for it. */
async function settle(): Promise<void> {
  kubectl(['wait', '--for=delete', 'pod', '--all', '--timeout=300s']);
  await delay(30_000);
}

async function measureFanOut(): Promise<void> {
  const contenders: [name: string, work: (round: number) => unknown, remove?: (round: number) => void][] = [
    ['by hand', (round) => runJobs(`hand-${round}`, fetchAndWrite, true), (round) => removeJobs(`hand-${round}`)],
    ['mlstack', () => run('fanOut')],
    ['node -e 0', (round) => runJobs(`empty-${round}`, '0', false), (round) => removeJobs(`empty-${round}`)],
  ];
  const seconds = new Map(contenders.map(([name]) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, work, remove] of round % 2 === 0 ? contenders : contenders.toReversed()) {
      seconds.get(name)?.push(await time(() => work(round)));
      remove?.(round);
      await settle();
    }
  }
  console.log(`\n${width} steps or Jobs, seconds in each round:`);
  for (const [name, all] of seconds) console.log(`  ${name.padEnd(10)} ${format(all, 1)}`);
  const [hand = [], own = [], empty = []] = seconds.values();
  const ratios = (others: number[]) => own.map((one, round) => one / (others[round] as number));
  console.log(`  mlstack / by hand   ${format(ratios(hand), 2)} (aim: 1.15)`);
  console.log(`  mlstack / node -e 0 ${format(ratios(empty), 2)}`);
}

function format(figures: readonly number[], digits: number): string {
  return figures.map((one) => one.toFixed(digits)).join('  ');
}

async function measureStart(): Promise<void> {
  const starts = { mlstack: [] as number[], raw: [] as number[] };
  for (let round = 0; round < rounds + 1; round++) {
    writeFileSync(file, source.replace('one object', `changed ${round}`));
    starts.mlstack.push(await untilStart('mlstack.dev/role=step', () => run('single')));
    const raw = { apiVersion: 'v1', kind: 'List', items: [jobOf(`raw-${round}`, `raw-${round}`, '0', false)] };
    starts.raw.push(await untilStart(`job-name=raw-${round}`, () => kubectl(['apply', '-f', '-'], raw)));
  }
  const [own, raw] = [Math.min(...starts.mlstack), Math.min(...starts.raw)];
  for (const [name, all] of Object.entries(starts)) console.log(`  ${name.padEnd(10)} ${format(all, 2)}`);
  console.log(`\nFrom a changed line to the first container, seconds: ${own.toFixed(2)}, a raw Job ${raw.toFixed(2)}`);
  console.log(`  ${(own - raw).toFixed(2)} s more (aim: 3)`);
}

try {
  const { components: started } = await startStack(project);
  const failure = started.find(({ error }) => error !== undefined);
  if (failure !== undefined) throw new Error(`${failure.name}: ${failure.error?.message}`);
  await run('single');
  await storeUrls();

  if (values.only !== 'start') await measureFanOut();
  if (values.only !== 'fan-out') await measureStart();
} finally {
  const stack = await openStack(project);
  const opened = await stack.component('artifact-store');
  const keys: string[] = [];
  for await (const { key } of opened.list('')) keys.push(key);
  await opened.delete(keys);
  await stack.close();
  kubectl(['delete', 'job,secret', '--all', '--wait=true']);
  await stopStack(project, undefined, { deprovision: true });
  kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']);
  rmSync(directory, { recursive: true, force: true });
}
