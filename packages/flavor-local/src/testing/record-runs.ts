/** Records runs until it is killed and says what is done: `record-runs.ts <database file>`. */
import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import type { NewRun } from '@mlstack/core/flavor';
import { SqliteMetadataStore } from '../metadata-store/sqlite-metadata-store.ts';

const [path = ''] = process.argv.slice(2);
const store = new SqliteMetadataStore({
  id: '0',
  name: 'test',
  type: 'metadata-store',
  flavor: 'local',
  config: { path },
  context: { stateDirectory: `${path}-state` },
});
const nodes: NewRun['plan']['nodes'] = Array.from({ length: 20 }, (_, index) => ({
  kind: 'step',
  id: `step_${index}`,
  step: `step_${index}`,
  inputs: {},
  after: [],
  params: {},
  outputs: { output: {} },
  singleOutput: true,
  settings: {},
  fingerprint: { uncached: 'a test' },
  hooks: [],
}));
const holder = { host: 'here', boot: '1', pid: process.pid, processStart: '1' };

while (true) {
  const id = randomUUID();
  const plan = {
    formatVersion: 1,
    pipeline: 'p',
    export: 'default',
    codeDigest: id,
    failureMode: 'stop',
    params: {},
    nodes,
  } as const;
  await store.createRun({
    id,
    name: id,
    plan,
    configuration: {},
    stack: { name: 's', components: [] },
    versions: {},
    sourceFile: 'p.ts',
  });
  writeSync(1, `run ${id}\n`);
  const lease = await store.takeLease(id, holder, { ttlMs: 60_000 });
  for (const { id: nodeId } of nodes) {
    await store.record(lease, [{ kind: 'node-started', nodeId, attempt: 1, inputs: {} }], 60_000);
    const artifact = {
      id: randomUUID(),
      storeId: 'store',
      key: `${id}/${nodeId}`,
      layout: 'file',
      size: 1,
      sha256: 'a',
      materializer: { id: 'json', version: 1 },
      preview: '1',
    } as const;
    const now = new Date().toISOString();
    await store.record(
      lease,
      [
        {
          kind: 'node-ended',
          nodeId,
          attempt: 1,
          state: 'succeeded',
          outputs: { output: artifact },
          startedAt: now,
          endedAt: now,
        },
      ],
      60_000,
    );
    writeSync(1, `artifact ${artifact.id} ${id} ${nodeId}\n`);
  }
}
