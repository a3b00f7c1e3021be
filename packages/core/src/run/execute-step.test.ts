import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { StepRequest } from './step-request.ts';
import { WorkerProcess } from './worker-process.ts';

/** Executes the step `one` of a bundle whose digest is `d1`. */
async function execute(digest: string) {
  const bundleDirectory = mkdtempSync(join(tmpdir(), 'mlstack-execute-'));
  onTestFinished(() => rmSync(bundleDirectory, { recursive: true, force: true }));
  const code = `
    import { pipeline, step } from '@mlstack/core';
    const one = step({ name: 'one', run: () => 1 });
    export default pipeline('main', () => one());`;
  writeFileSync(join(bundleDirectory, 'entry.mjs'), code);
  const manifest = { formatVersion: 1, digest: 'd1', entry: 'entry.mjs', exports: [], fingerprints: {}, externals: [] };
  writeFileSync(join(bundleDirectory, 'bundle.json'), JSON.stringify({ ...manifest, files: [] }));
  const request = {
    nodeId: 'one',
    role: 'onSuccess',
    code: { kind: 'node-bundle', digest, export: 'default', configuration: {} },
    node: { id: 'one', step: 'one', params: {}, settings: {} },
  } as unknown as StepRequest;
  const worker = new WorkerProcess();
  onTestFinished(() => worker.close());
  const artifactStoreContext = { stateDirectory: bundleDirectory };
  return await worker.run({ kind: 'execute', request, bundleDirectory, artifactStoreContext });
}

test('code that is not the code of the request is refused', async () => {
  expect(await execute('d1')).toMatchObject({ result: { outcome: 'succeeded' } });
  expect(await execute('d2')).toMatchObject({
    result: { outcome: 'failed', error: { code: 'STEP_CODE_OTHER' } },
  });
});
