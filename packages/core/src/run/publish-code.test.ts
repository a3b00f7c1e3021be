import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TemporaryProject } from '../bundle/testing/temporary-project.ts';
import { MemoryArtifactStore } from './fixtures/memory-artifact-store.ts';
import { publishCode } from './publish-code.ts';
import type { StepRequest } from './step-request.ts';

test('code that is not on this machine any more is told as that, whoever wanted to launch it', async () => {
  using project = new TemporaryProject({
    'pipeline.ts': 'export const version = 1;',
    'store.mjs': 'export const store = 1;',
  });
  const { digest, directory } = await project.build();
  const { stateDirectory } = project;
  const source = { kind: 'module', file: join(stateDirectory, '../store.mjs'), export: 'store' } as const;
  const request = { code: { digest }, components: { artifactStore: { source } } } as unknown as StepRequest;
  const artifactStore = new MemoryArtifactStore();
  const publish = () =>
    publishCode(request, { metadataStoreId: 'm', artifactStore, stateDirectory, bundleDirectory: () => directory });
  expect((await publish()).map(({ name }) => name)).toEqual(['code', 'executor', 'artifact-store']);
  rmSync(directory, { recursive: true });
  await expect(publish()).rejects.toMatchObject({
    code: 'CODE_NOT_PUBLISHED',
    kind: 'failure',
    message: expect.stringMatching(/^The code of the run cannot be put into artifact store ".+": ENOENT.*bundle\.json/),
    hint: expect.stringContaining('Install'),
  });
});
