/**
 * What lists, descriptions and lineage cost with few and with many step records in the local metadata store:
 * `node --conditions=mlstack-source benchmarks/metadata-scale.ts [few] [many]`, by default 1,000 and 100,000.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MetadataStore, NewRun, RunChange } from '@mlstack/core/flavor';
import { localMetadataStore } from '@mlstack/flavor-local';

const [few = 1_000, many = 100_000] = process.argv.slice(2).map(Number);
const stepsPerRun = 10;
const storeId = 'artifact-store';
const holder = { host: 'here', boot: '1', pid: 1, processStart: '1' };
const folder = mkdtempSync(join(tmpdir(), 'mlstack-benchmark-'));

async function openStore(records: number): Promise<MetadataStore> {
  const SqliteMetadataStore = await localMetadataStore.loadImplementation();
  return new SqliteMetadataStore({
    id: '0',
    name: 'benchmark',
    type: 'metadata-store',
    flavor: 'local',
    config: { path: join(folder, `${records}.db`) },
    context: { stateDirectory: join(folder, 'state') },
  }) as MetadataStore;
}

const nodes: NewRun['plan']['nodes'] = Array.from({ length: stepsPerRun }, (_, index) => ({
  kind: 'step',
  id: `step_${index}`,
  step: `step_${index}`,
  inputs: index === 0 ? {} : { value: { node: `step_${index - 1}`, output: 'output' } },
  after: [],
  params: {},
  outputs: { output: {} },
  singleOutput: true,
  settings: {},
  fingerprint: { sha256: 'f'.repeat(64) },
  hooks: [],
}));

function changesOf(run: string): RunChange[] {
  const now = new Date().toISOString();
  const changes = nodes.flatMap(({ id: nodeId }, index): RunChange[] => [
    {
      kind: 'node-started',
      nodeId,
      attempt: 1,
      inputs: index === 0 ? {} : { value: `${run}-${index - 1}` },
      cacheKey: `${run}-${index}`.padEnd(64, 'k'),
    },
    {
      kind: 'node-ended',
      nodeId,
      attempt: 1,
      state: 'succeeded',
      outputs: {
        output: {
          id: `${run}-${index}`,
          storeId,
          key: `runs/${run}/${nodeId}.1.abcdef/output.json`,
          layout: 'file',
          size: 100,
          sha256: 'a'.repeat(64),
          materializer: { id: 'json', version: 1 },
          preview: 'Array(3)',
        },
      },
      startedAt: now,
      endedAt: now,
    },
  ]);
  return [...changes, { kind: 'run-state', state: 'completed' }];
}

async function fill(store: MetadataStore, records: number): Promise<void> {
  for (let run = 0; run < records / stepsPerRun; run++) {
    const id = `run-${run}`;
    await store.createRun({
      id,
      name: `name-${run}`,
      plan: {
        formatVersion: 1,
        pipeline: `pipeline-${run % 5}`,
        export: 'default',
        codeDigest: 'c'.repeat(64),
        failureMode: 'stop',
        params: {},
        nodes,
      },
      configuration: {},
      stack: { name: `stack-${run % 3}`, components: [] },
      versions: {},
      sourceFile: 'pipeline.ts',
    });
    const lease = await store.takeLease(id, holder, { ttlMs: 60_000 });
    await store.record(lease, changesOf(id), 60_000);
    await store.releaseLease(lease);
  }
}

async function walkLineage(store: MetadataStore, run: string): Promise<void> {
  for (const { id } of nodes) {
    const node = await store.getNode(run, id);
    for (const artifact of Object.values(node?.outputs ?? {})) await store.listReaders(artifact.id);
    await store.listInputs(run, id);
  }
}

const questions: Record<string, (store: MetadataStore, run: string) => Promise<unknown>> = {
  'list runs': (store) => store.listRuns({ limit: 50 }),
  'list failed runs of a pipeline (none)': (store) => store.listRuns({ pipeline: 'pipeline-1', state: 'failed' }),
  'list runs of a stack': (store) => store.listRuns({ stack: 'stack-1', limit: 20 }),
  'describe a run': async (store, run) => [await store.getRun(run), await store.listNodes(run)],
  'lineage of a run': walkLineage,
  'list artifacts': (store) => store.listArtifacts(),
  'list artifacts of a step': (store) => store.listArtifacts({ pipeline: 'pipeline-1', nodeId: 'step_3' }),
  'list pipelines': (store) => store.listPipelines(),
  'look up a cache key': (store, run) => store.findCached(`${run}-3`.padEnd(64, 'k'), storeId),
  'look up an earlier run': (store, run) => store.findPrevious('pipeline-1', 'step_3', { runId: run }),
  'start the store': async (store) => {
    await store.close();
    await store.storeId();
  },
};

/** Milliseconds, the median of many. */
async function measure(
  store: MetadataStore,
  records: number,
  ask: (store: MetadataStore, run: string) => Promise<unknown>,
): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 60; round++) {
    const run = `run-${Math.floor((records / stepsPerRun - 1) * ((round % 10) / 9))}`;
    const start = performance.now();
    await ask(store, run);
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[times.length >> 1] ?? 0;
}

try {
  const stores: [number, MetadataStore][] = [];
  for (const records of [few, many]) {
    const store = await openStore(records);
    const start = performance.now();
    await fill(store, records);
    const seconds = (performance.now() - start) / 1000;
    const bytes = statSync(join(folder, `${records}.db`)).size;
    console.log(`${records} step records: written in ${seconds.toFixed(1)} s, ${(bytes / 2 ** 20).toFixed(0)} MiB`);
    stores.push([records, store]);
  }
  for (const [name, ask] of Object.entries(questions)) {
    const times = [];
    for (const [records, store] of stores) times.push(await measure(store, records, ask));
    const [fewMs = 0, manyMs = 0] = times;
    console.log(
      `${name.padEnd(40)} ${fewMs.toFixed(3)} ms   ${manyMs.toFixed(3)} ms   × ${(manyMs / fewMs).toFixed(2)}`,
    );
  }
  for (const [, store] of stores) await store.close();
} finally {
  rmSync(folder, { recursive: true });
}
