import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Config } from '../artifact-store.ts';
import { s3Config } from '../artifact-store.ts';
import { S3ArtifactStore } from '../s3-artifact-store.ts';

/** A store as core builds it from a config. */
export function createTestStore(config: Partial<S3Config> & Pick<S3Config, 'path'>): S3ArtifactStore {
  const id = randomUUID();
  return new S3ArtifactStore({
    id,
    name: 'tested',
    type: 'artifact-store',
    flavor: 's3',
    config: s3Config().parse(config),
    context: { stateDirectory: join(tmpdir(), 'mlstack-s3-test', id) },
  });
}
