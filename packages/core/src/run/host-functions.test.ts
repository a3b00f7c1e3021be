import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { beforeEach, expect, test } from 'vitest';
import { artifactLineage } from '../artifact/artifact-lineage.ts';
import { describeArtifact } from '../artifact/describe-artifact.ts';
import { getArtifact } from '../artifact/get-artifact.ts';
import { listArtifacts } from '../artifact/list-artifacts.ts';
import { pruneArtifacts } from '../artifact/prune-artifacts.ts';
import { ArtifactStoreError } from '../errors/artifact-store-errors.ts';
import { LeaseLostError } from '../errors/run-errors.ts';
import { describePipeline } from '../pipeline/describe-pipeline.ts';
import { listPipelines } from '../pipeline/list-pipelines.ts';
import type { Project } from '../project/project.ts';
import { temporaryDirectory } from '../project/testing/fixture-project.ts';
import { deleteRun } from './delete-run.ts';
import { describeRun } from './describe-run.ts';
import { explainRun } from './explain-run.ts';
import type { Workbench } from './fixtures/driven-run.ts';
import { createMemoryProject } from './fixtures/memory-project.ts';
import { planOf, readsFrom, stepNode } from './fixtures/plans.ts';
import { currentLeaseHolder } from './lease-holder.ts';
import { listRuns } from './list-runs.ts';
import { readRunLog } from './read-run-log.ts';
import { stopRun } from './stop-run.ts';

const chain = planOf([
  stepNode('load', { fingerprint: { sha256: 'load-1', parts: { code: 'c1', 'src/helpers.ts#scale': 'h1' } } }),
  stepNode('train', { inputs: readsFrom('load'), params: { epochs: 1 } }),
  stepNode('test', { inputs: readsFrom('train', 'load') }),
]);
const [load, train, last] = chain.nodes as [(typeof chain.nodes)[0], (typeof chain.nodes)[0], (typeof chain.nodes)[0]];

let project: Project;
let bench: Workbench;

beforeEach(() => {
  ({ project, bench } = createMemoryProject());
  process.env.STORE_TOKEN = 'artifacts';
});

const keys = () => [...bench.artifactStore.objects.keys()];
const everything = { gracePeriodMs: -1000 };

test('a run is described with its steps, what they wait for and what they made', async () => {
  await bench.run(chain);
  const run = await describeRun(project, 'run1');
  expect(run).toMatchObject({ id: 'run1', state: 'completed', failureMode: 'continue', counts: { succeeded: 3 } });
  expect(run.steps.map(({ nodeId, dependsOn }) => [nodeId, dependsOn])).toEqual([
    ['load', []],
    ['train', ['load']],
    ['test', ['train', 'load']],
  ]);
  expect(run.steps[0]?.outputs.output?.preview).toBe('load');
  const page = await describeRun(project, 'run1', { limit: 2 });
  expect((await describeRun(project, 'run1', { limit: 2, cursor: page.next as string })).steps).toHaveLength(1);
});

test('a run that is not there is refused by name', async () => {
  await expect(describeRun(project, 'nothing')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  await expect(deleteRun(project, 'nothing')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  await expect(describePipeline(project, 'nothing')).rejects.toMatchObject({ code: 'PIPELINE_NOT_FOUND' });
  await expect(describeArtifact(project, 'nothing')).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
});

test('a run whose driver is dead reads as crashed before its lease expires', async () => {
  const run = await bench.createRun(chain);
  const dead = { ...currentLeaseHolder(), boot: 'before the restart' };
  await bench.metadataStore.takeLease(run.id, dead, { ttlMs: 60_000 });
  expect((await listRuns(project)).items).toMatchObject([{ state: 'crashed' }]);
  expect((await listRuns(project, { state: 'crashed' })).items).toHaveLength(1);
  expect((await listRuns(project, { state: 'running' })).items).toHaveLength(0);
  const described = await describeRun(project, run.id);
  expect(described.state).toBe('crashed');
  expect(described.driver).toBeUndefined();
});

test('an explanation names the parts that differ from the run before', async () => {
  await bench.run(chain);
  const edited = { ...load, fingerprint: { sha256: 'load-2', parts: { code: 'c1', 'src/helpers.ts#scale': 'h2' } } };
  await bench.run(planOf([edited, { ...train, params: { epochs: 5 } }, last]));
  const { steps } = await explainRun(project, 'run2');
  expect(steps[0]).toMatchObject({
    state: 'succeeded',
    comparedWith: { runId: 'run1', runName: 'run1' },
    differences: [{ part: 'code src/helpers.ts#scale', before: 'h1', after: 'h2' }],
  });
  expect(steps[1]?.differences.map(({ part }) => part)).toContain('parameter epochs');
  expect(steps[1]?.differences.map(({ part }) => part)).toContain('input from_load');
});

test('the lineage of an artifact leads to what it was made from and what was made from it, across runs', async () => {
  await bench.run(chain);
  await bench.run(planOf([load, { ...train, params: { epochs: 2 } }]));
  const { items } = await listArtifacts(project, { run: 'run1', node: 'load' });
  const loaded = items[0]?.id as string;
  const lineage = await artifactLineage(project, loaded);
  expect(lineage.steps.map(({ runId, nodeId }) => `${runId} ${nodeId}`).toSorted()).toEqual([
    'run1 load',
    'run1 test',
    'run1 train',
    'run2 train',
  ]);
  expect(lineage.truncated).toBe(false);
  expect((await artifactLineage(project, loaded, { direction: 'up' })).steps).toHaveLength(1);
  const short = await artifactLineage(project, loaded, { direction: 'down', limit: 1 });
  expect([short.steps.length, short.truncated]).toEqual([1, true]);
  for (const { inputs, outputs } of lineage.steps) {
    for (const id of [...Object.values(inputs), ...Object.values(outputs)]) expect(lineage.artifacts[id]?.id).toBe(id);
  }
});

test('an artifact is written to a stream and to a path that is not there yet', async () => {
  await bench.run(chain);
  const { items } = await listArtifacts(project, { node: 'train' });
  const id = items[0]?.id as string;
  const stream = new PassThrough();
  await getArtifact(project, id, stream);
  stream.end();
  expect(JSON.parse(await text(stream))).toMatchObject({ node: 'train' });
  const file = join(temporaryDirectory(), 'deep/model.json');
  expect(await getArtifact(project, id, file)).toMatchObject({ files: [file] });
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ node: 'train' });
  await expect(getArtifact(project, id, file)).rejects.toMatchObject({ code: 'ARTIFACT_TARGET' });
  expect(await describeArtifact(project, id)).toMatchObject({
    runName: 'run1',
    step: 'train',
    files: [{ path: 'value.json' }],
  });
});

test('what appears at the path while an artifact is read stays as it is', async () => {
  await bench.run(chain);
  const { items } = await listArtifacts(project, { node: 'train' });
  const id = items[0]?.id as string;
  const read = bench.artifactStore.read.bind(bench.artifactStore);
  const file = join(temporaryDirectory(), 'model.json');
  bench.artifactStore.read = (key, options) => {
    writeFileSync(file, 'mine');
    return read(key, options);
  };
  await expect(getArtifact(project, id, file)).rejects.toMatchObject({ code: 'ARTIFACT_TARGET' });
  expect(readFileSync(file, 'utf8')).toBe('mine');
  expect(readdirSync(dirname(file))).toEqual(['model.json']);
});

test('an artifact whose bytes were changed is refused, and nothing is left at its path', async () => {
  await bench.run(chain);
  const { items } = await listArtifacts(project, { node: 'train' });
  const { id, key } = items[0] as (typeof items)[0];
  bench.artifactStore.objects.set(key, { body: Buffer.from('other'), modifiedAt: new Date() });
  const file = join(temporaryDirectory(), 'model.json');
  await expect(getArtifact(project, id, file)).rejects.toMatchObject({ code: 'OBJECT_CORRUPT' });
  expect(() => readFileSync(file)).toThrow('ENOENT');
});

test('deleting a run removes its bytes, but not those that another run took from the cache', async () => {
  await bench.run(chain);
  await bench.run(planOf([load]));
  expect(await deleteRun(project, 'run1')).toMatchObject({ artifacts: 2, objects: 2 });
  expect(keys().map((key) => key.split('/').at(-1)?.split('.')[0])).toEqual(['load']);
  const { items } = await listArtifacts(project, { run: 'run2' });
  expect(await describeArtifact(project, items[0]?.id as string)).not.toHaveProperty('runName');
  expect(await deleteRun(project, 'run2')).toMatchObject({ artifacts: 1, objects: 1 });
  expect(keys()).toEqual([]);
});

test('of two who delete a run at once, one does, and the other is told by the name it gave', async () => {
  const run = await bench.createRun(chain);
  await bench.metadataStore.createRun({ ...run, id: 'k7', name: 'nightly' });
  const outcomes = await Promise.allSettled([deleteRun(project, 'nightly'), deleteRun(project, 'nightly')]);
  expect(outcomes.toSorted((one, other) => one.status.localeCompare(other.status))).toMatchObject([
    { status: 'fulfilled', value: { id: 'k7', name: 'nightly' } },
    { status: 'rejected', reason: { code: 'RUN_NOT_FOUND', message: expect.stringContaining('"nightly"') } },
  ]);
});

test('what a crashed run left running is stopped before the run is deleted', async () => {
  const stuck = createMemoryProject(() => ({ end: 'never' }));
  const { metadataStore, platform } = stuck.bench;
  const run = await stuck.bench.createRun(chain);
  const driven = stuck.bench.drive(run, { timing: { heartbeatMs: 5 } });
  await expect.poll(() => platform.requests.length).toBe(1);
  const renew = metadataStore.renewLease;
  metadataStore.renewLease = async () => {
    throw new LeaseLostError(run.id);
  };
  await expect(driven).rejects.toMatchObject({ code: 'LEASE_LOST' });
  metadataStore.renewLease = renew;
  metadataStore.expireLease(run.id);
  expect(await deleteRun(stuck.project, run.id)).toMatchObject({ id: run.id, notices: [] });
  expect(platform.stopped).toEqual(['load 1']);
  await expect(describeRun(stuck.project, run.id)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
});

test('a crashed run can be deleted where nobody can be asked what still runs, and that is told', async () => {
  const run = await bench.createRun(chain);
  await bench.metadataStore.takeLease(run.id, currentLeaseHolder(), { ttlMs: -1 });
  bench.platform.createLauncher = () => {
    throw new ArtifactStoreError('cluster', 'be reached');
  };
  const { notices } = await deleteRun(project, run.id);
  expect(notices).toEqual([expect.stringContaining('could not be reached')]);
  await expect(describeRun(project, run.id)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
});

test('a run that is driven cannot be deleted', async () => {
  const run = await bench.createRun(chain);
  await bench.metadataStore.takeLease(run.id, currentLeaseHolder(), { ttlMs: 60_000 });
  await expect(deleteRun(project, run.id)).rejects.toMatchObject({ code: 'RUN_IS_ACTIVE' });
});

test('pruning removes what no record refers to, and nothing else', async () => {
  await bench.run(chain);
  const put = (key: string) => bench.artifactStore.objects.set(key, { body: Buffer.from('x'), modifiedAt: new Date() });
  const kept = [
    'store/runs/run1/train.1.log.000001.jsonl',
    'store/runs/run1/train.1.result.json',
    `store/bundles/${chain.codeDigest}/entry.mjs`,
    'store/runtime/core.mjs',
    'other-store/runs/run1/train.1.x.model.value.json',
  ];
  const unwanted = [
    'store/runs/run1/train.1.xdead.output.value.json',
    'store/runs/deleted/train.1.log.000001.jsonl',
    'store/runs/deleted/train.1.x.output.value.json',
    'store/bundles/0000/entry.mjs',
  ];
  for (const key of [...kept, ...unwanted]) put(key);
  const recorded = keys().length;
  expect(await pruneArtifacts(project)).toMatchObject({ objects: 0 });
  expect(await pruneArtifacts(project, { ...everything, dryRun: true })).toMatchObject({ objects: 4, size: 4 });
  expect(keys()).toHaveLength(recorded);
  expect(await pruneArtifacts(project, everything)).toMatchObject({ objects: 4, size: 4 });
  expect(keys()).toEqual(expect.arrayContaining(kept));
  expect(keys()).toHaveLength(kept.length + 3);
});

test('pruning keeps the files beside a recorded manifest', async () => {
  await bench.run(planOf([stepNode('load')]));
  const [key] = keys() as [string];
  const manifest = key.replace(/\.value\.json$/, '._manifest.json');
  const [record] = (await listArtifacts(project)).items;
  Object.assign(record as object, { key: manifest, layout: 'manifest' });
  const put = (name: string) =>
    bench.artifactStore.objects.set(name, { body: Buffer.from('x'), modifiedAt: new Date() });
  put(manifest);
  put(key.replace(/\.value\.json$/, '.weights.bin'));
  put(key.replace(/\.output\.value\.json$/, '.outputs.value.json'));
  await pruneArtifacts(project, everything);
  expect(
    keys()
      .map((one) => one.split('.').slice(3).join('.'))
      .toSorted(),
  ).toEqual(['output._manifest.json', 'output.value.json', 'output.weights.bin'].toSorted());
});

test('pruning asks all metadata stores of the project which runs need the code kept on this machine', async () => {
  const bundle = (digest: string) => join(project.stateDirectory, 'bundles', digest);
  const [unknown, ofPending] = ['a'.repeat(64), 'b'.repeat(64)] as const;
  await bench.createRun({ ...chain, codeDigest: ofPending });
  for (const digest of [unknown, ofPending]) mkdirSync(bundle(digest), { recursive: true });
  const file = join(project.stateDirectory, 'registry.json');
  const registry = JSON.parse(readFileSync(file, 'utf8'));
  const broken = { id: 'broken', type: 'metadata-store', name: 'broken', flavor: 'gone', config: {} };
  writeFileSync(file, JSON.stringify({ ...registry, components: [...registry.components, broken] }));
  const { bundles, notices } = await pruneArtifacts(project, everything);
  expect(bundles).toBe(0);
  expect(notices).toEqual([expect.stringContaining('metadata store "broken" cannot say which runs need it')]);
  expect(existsSync(bundle(unknown))).toBe(true);
  writeFileSync(file, JSON.stringify(registry));
  expect(await pruneArtifacts(project, { ...everything, dryRun: true })).toMatchObject({ bundles: 1, notices: [] });
  expect(await pruneArtifacts(project, everything)).toMatchObject({ bundles: 1, notices: [] });
  expect([existsSync(bundle(unknown)), existsSync(bundle(ofPending))]).toEqual([false, true]);
});

test('pruning keeps what was recorded through another component of the same place', async () => {
  await bench.run(chain);
  Object.assign(bench.artifactStore, { id: 'copy' });
  expect(await pruneArtifacts(project, everything)).toMatchObject({ objects: 0 });
});

test('a copy of the records touches nothing of what lies under the id of the original', async () => {
  await bench.run(chain);
  const before = keys();
  bench.metadataStore.storeId = async () => 'copy';
  bench.metadataStore.earlierStoreIds = async () => ['store'];
  const put = (key: string) => bench.artifactStore.objects.set(key, { body: Buffer.from('x'), modifiedAt: new Date() });
  put('store/runs/of-the-original/load.1.x.output.value.json');
  put('copy/runs/deleted/load.1.x.output.value.json');
  const pruned = await pruneArtifacts(project, everything);
  expect(pruned).toMatchObject({ objects: 1, notices: [expect.stringContaining('another copy')] });
  const deleted = await deleteRun(project, 'run1');
  expect(deleted).toMatchObject({ artifacts: 3, objects: 0, notices: [expect.stringContaining('another copy')] });
  expect(keys()).toEqual([...before, 'store/runs/of-the-original/load.1.x.output.value.json']);
});

test('where the artifacts were copied with the records, they are the own ones of the copy', async () => {
  Object.assign(bench.artifactStore, { config: { path: '.mlstack/artifacts' } });
  await bench.run(chain);
  bench.metadataStore.storeId = async () => 'copy';
  bench.metadataStore.earlierStoreIds = async () => ['store'];
  const stray = 'store/runs/deleted/load.1.x.output.value.json';
  bench.artifactStore.objects.set(stray, { body: Buffer.from('x'), modifiedAt: new Date() });
  expect(await pruneArtifacts(project, everything)).toMatchObject({ objects: 1, notices: [] });
  expect(await deleteRun(project, 'run1')).toMatchObject({ artifacts: 3, objects: 3, notices: [] });
  expect(keys()).toEqual([]);
});

test('a copy of the records finds the logs of the runs before', async () => {
  await bench.run(chain);
  const text = JSON.stringify({ time: '2026-01-01T00:00:00.000Z', stream: 'stdout', text: 'hello' });
  await bench.artifactStore.write('store/runs/run1/load.1.log.000001.jsonl', Buffer.from(`${text}\n`));
  bench.metadataStore.storeId = async () => 'copy';
  bench.metadataStore.earlierStoreIds = async () => ['store'];
  const lines = [];
  for await (const line of readRunLog(project, 'run1')) lines.push(line);
  expect(lines).toMatchObject([{ nodeId: 'load', text: 'hello' }]);
});

test('pruning leaves the unfinished writes of runs that go on', async () => {
  const ended = await bench.run(chain);
  const pending = await bench.createRun({ ...chain });
  const seen: boolean[] = [];
  bench.artifactStore.deleteUnfinished = async (_prefix, _olderThan, isUnderWay) => {
    for (const run of [pending.id, ended.id, 'deleted'])
      seen.push((await isUnderWay?.(`store/runs/${run}/load.1.x.output.value.json`)) === true);
    return 0;
  };
  await pruneArtifacts(project, everything);
  expect(seen).toEqual([true, false, false]);
});

test('pruning leaves what a run that has not ended wrote', async () => {
  const run = await bench.createRun(chain);
  const key = `store/runs/${run.id}/load.1.x.output.value.json`;
  bench.artifactStore.objects.set(key, { body: Buffer.from('x'), modifiedAt: new Date() });
  expect(await pruneArtifacts(project, everything)).toMatchObject({ objects: 0 });
});

test('a log is read step by step, and one of a step that is not there is refused', async () => {
  await bench.run(chain);
  const line = (said: string) => JSON.stringify({ time: '2026-01-01T00:00:00.000Z', stream: 'stdout', text: said });
  for (const node of ['train', 'load']) {
    await bench.artifactStore.write(`store/runs/run1/${node}.1.log.000001.jsonl`, Buffer.from(`${line(node)}\n`));
  }
  const read = async (options = {}) => {
    const lines: string[] = [];
    for await (const { text: said } of readRunLog(project, 'run1', options)) lines.push(said);
    return lines;
  };
  expect(await read()).toEqual(['load', 'train']);
  expect(await read({ node: 'train' })).toEqual(['train']);
  expect(await read({ follow: true })).toEqual(expect.arrayContaining(['load', 'train']));
  await expect(read({ node: 'trian' })).rejects.toMatchObject({
    code: 'NODE_NOT_FOUND',
    hint: 'Did you mean "train"?',
  });
});

test('what hooks print is read after what their step printed', async () => {
  const hooks = ['onSuccess', 'onFailure'] as const;
  await bench.run({ ...chain, nodes: chain.nodes.map((node) => (node.id === 'load' ? { ...node, hooks } : node)) });
  const line = (said: string) => JSON.stringify({ time: '2026-01-01T00:00:00.000Z', stream: 'stdout', text: said });
  for (const name of ['load.1.log', 'load.1.on-success.log', 'train.1.log'])
    await bench.artifactStore.write(`store/runs/run1/${name}.000001.jsonl`, Buffer.from(`${line(name)}\n`));
  const read = async (options = {}) => {
    const lines: unknown[] = [];
    for await (const { text, role } of readRunLog(project, 'run1', options)) lines.push([text, role]);
    return lines;
  };
  const ofLoad = [
    ['load.1.log', undefined],
    ['load.1.on-success.log', 'onSuccess'],
  ];
  expect(await read()).toEqual([...ofLoad, ['train.1.log', undefined]]);
  expect(await read({ node: 'load' })).toEqual(ofLoad);
  expect(await read({ node: 'load', attempt: 1 })).toEqual(ofLoad);
  expect(await read({ node: 'load', follow: true })).toEqual(ofLoad);
});

test('stopping a run that has ended changes nothing', async () => {
  await bench.run(chain);
  expect(await stopRun(project, 'run1')).toMatchObject({ state: 'completed', changed: false });
});

test('pipelines are listed by their runs', async () => {
  await bench.run(chain);
  await bench.run(chain);
  expect((await listPipelines(project)).items).toMatchObject([{ name: 'fixture', runs: 2, lastRun: { id: 'run2' } }]);
  expect(await describePipeline(project, 'fixture')).toMatchObject({
    runs: [{ id: 'run2' }, { id: 'run1' }],
    sourceFile: 'pipeline.ts',
  });
});
