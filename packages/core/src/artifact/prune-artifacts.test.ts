import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createMemoryProject } from '../run/fixtures/memory-project.ts';
import { planOf, stepNode } from '../run/fixtures/plans.ts';
import { pruneArtifacts } from './prune-artifacts.ts';

test('a store of the network that cannot be reached is told before anything else is asked of it', async () => {
  const { project, bench } = createMemoryProject();
  process.env.STORE_TOKEN = 'artifacts';
  const file = join(project.directory, 'flavors.mjs');
  writeFileSync(file, readFileSync(file, 'utf8').replace("reach: 'machine', presigned", "reach: 'network', presigned"));
  await bench.run(planOf([stepNode('load')]));
  bench.artifactStore.status = async () => ({ state: 'failed', message: 'it is silent' });
  bench.artifactStore.list = () => {
    throw new RangeError('It was asked.');
  };
  await expect(pruneArtifacts(project)).rejects.toMatchObject({
    code: 'ARTIFACT_STORE_NOT_READY',
    message: expect.stringContaining('it is silent'),
  });
});
