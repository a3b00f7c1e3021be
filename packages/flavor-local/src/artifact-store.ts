import { defineFlavor, location, z } from '@mlstack/core/flavor';
import { localPath } from './local-path-schema.ts';

/** Artifacts in a folder of this machine. */
export const localArtifactStore = defineFlavor({
  type: 'artifact-store',
  name: 'local',
  contractVersion: 1,
  summary: 'Artifacts in a folder of this machine',
  config: () =>
    z.strictObject({
      path: location(localPath('Folder, or file:// URI, that the artifacts lie in; relative to the project')),
    }),
  capabilities: { supportedSchemes: ['file'], reach: 'machine', presignedUrls: false },
  implementation: async () => (await import('./artifact-store/local-artifact-store.ts')).LocalArtifactStore,
});
