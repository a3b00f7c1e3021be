import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { artifactStoreSuite } from '@mlstack/conformance';
import { describeConformance } from '@mlstack/conformance/vitest';
import { LocalArtifactStore } from './local-artifact-store.ts';

const folders: string[] = [];

function createStore(folder: string): LocalArtifactStore {
  return new LocalArtifactStore({
    id: '0',
    name: 'test',
    type: 'artifact-store',
    flavor: 'local',
    config: { path: folder },
    context: { stateDirectory: join(folder, '..', 'state') },
  });
}

describeConformance(artifactStoreSuite, {
  create() {
    const folder = mkdtempSync(join(tmpdir(), 'mlstack-artifacts-'));
    folders.push(folder);
    const store = () => createStore(join(folder, 'store'));
    return {
      store: store(),
      capabilities: { supportedSchemes: ['file'], reach: 'machine', presignedUrls: false } as const,
      prefix: 'some/prefix/',
      open: async () => store(),
    };
  },
  dispose() {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  },
});
