import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { metadataStoreSuite } from '@mlstack/conformance';
import { describeConformance } from '@mlstack/conformance/vitest';
import { afterEach } from 'vitest';
import { SqliteMetadataStore } from './sqlite-metadata-store.ts';

const cleanUp: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const task of cleanUp.splice(0)) await task();
});

function createStore(file: string): SqliteMetadataStore {
  const store = new SqliteMetadataStore({
    id: '0',
    name: 'test',
    type: 'metadata-store',
    flavor: 'local',
    config: { path: file },
    context: { stateDirectory: join(file, '..', 'state') },
  });
  cleanUp.unshift(() => store.close());
  return store;
}

function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mlstack-metadata-'));
  cleanUp.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

describeConformance(metadataStoreSuite, {
  create() {
    const file = join(createFolder(), 'metadata.db');
    return { store: createStore(file), open: async () => createStore(file) };
  },
});
