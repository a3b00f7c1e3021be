import { defineFlavor, location, z } from '@mlstack/core/flavor';
import { localPath } from './local-path-schema.ts';

/** Records in an SQLite database on this machine. */
export const localMetadataStore = defineFlavor({
  type: 'metadata-store',
  name: 'local',
  contractVersion: 1,
  summary: 'Records in an SQLite database on this machine',
  config: () =>
    z.strictObject({
      path: location(localPath('Database file, or file:// URI of one; relative to the project')),
    }),
  implementation: async () => (await import('./metadata-store/sqlite-metadata-store.ts')).SqliteMetadataStore,
});
