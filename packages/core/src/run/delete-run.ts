import { rmSync } from 'node:fs';
import type { ArtifactRecord } from '../artifact/artifact-record.ts';
import { findOwnStoreIds } from '../artifact/own-store-ids.ts';
import type { ArtifactStore } from '../component/artifact-store.ts';
import type { MetadataStore } from '../component/metadata-store.ts';
import { ArtifactStoreError } from '../errors/artifact-store-errors.ts';
import { MlstackError } from '../errors/mlstack-error.ts';
import { RunNotFoundError } from '../errors/run-errors.ts';
import type { Project } from '../project/project.ts';
import { driverLogFile } from './driver-command.ts';
import { toErrorRecord } from './error-record.ts';
import { observeRun } from './observe-run-state.ts';
import { metadataStorePrefix, runPrefix } from './output-keys.ts';
import { useStack } from './use-stack.ts';

export interface DeletedRun {
  readonly id: string;
  readonly name: string;
  /** Records of artifacts that nobody else had taken. */
  readonly artifacts: number;
  /** Objects that were removed from the artifact store. */
  readonly objects: number;
  /** What could not be made sure of. */
  readonly notices: readonly string[];
}

/**
 * Removes a run that is over or has crashed, of which what still runs is stopped: its records first, then the bytes that nobody else refers
 * to, so that there is never a record without bytes. Fails with `RunActiveError` while it is driven. Bytes that cannot be removed now are removed by `pruneArtifacts`.
 */
export async function deleteRun(project: Project, idOrName: string): Promise<DeletedRun> {
  const { openSnapshot } = await import('../stack/open-stack.ts');
  return await useStack(project, async (current) => {
    const metadataStore = await current.component('metadata-store');
    const { id, name, record, state } = observeRun(await metadataStore.getRun(idOrName));
    const notices = state === 'crashed' ? await stopWhatRuns(project, id) : [];
    const stack = openSnapshot(project, record.stack);
    try {
      // Built before anything is deleted: without it nobody would find the bytes.
      const artifactStore = await stack.component('artifact-store');
      const { own, notices: left } = await findOwnStoreIds(project, metadataStore, artifactStore);
      const orphans = await metadataStore.deleteRun(id).catch((error: unknown) => {
        // Another process was faster.
        throw MlstackError.is(error) && error.code === 'RUN_NOT_FOUND' ? new RunNotFoundError(idOrName) : error;
      });
      const objects = await deleteBytes({ metadataStore, artifactStore, own }, id, orphans).catch((error: unknown) => {
        throw new BytesLeftError(name, artifactStore.name, error);
      });
      rmSync(driverLogFile(project.stateDirectory, id), { force: true });
      return { id, name, artifacts: orphans.length, objects, notices: [...notices, ...left] };
    } finally {
      await stack.close();
    }
  });
}

/** A run whose cluster is gone can be deleted, too. */
async function stopWhatRuns(project: Project, runId: string): Promise<readonly string[]> {
  const { driveRecordedRun } = await import('./resume-run.ts');
  try {
    await driveRecordedRun(project, runId, { signal: AbortSignal.abort() });
    return [];
  } catch (error) {
    return [`Steps of it may still run, for they could not be stopped: ${toErrorRecord(error).message}`];
  }
}

interface Stores {
  readonly metadataStore: MetadataStore;
  readonly artifactStore: ArtifactStore;
  /** What lies under other ids is somebody else's. */
  readonly own: readonly string[];
}

async function deleteBytes(
  { metadataStore, artifactStore, own }: Stores,
  runId: string,
  orphans: readonly ArtifactRecord[],
): Promise<number> {
  const { findArtifactKeys } = await import('../artifact/find-artifact-keys.ts');
  const { listArtifactFiles } = await import('../artifact/load-artifact.ts');
  const keys = new Set<string>();
  for (const id of own) for await (const { key } of artifactStore.list(runPrefix(id, runId))) keys.add(key);
  for (const orphan of orphans) {
    // One that this run had taken from the cache, and whose own run is gone, lies elsewhere.
    if (orphan.storeId !== artifactStore.id || keys.has(orphan.key)) continue;
    if (!own.some((id) => orphan.key.startsWith(metadataStorePrefix(id)))) continue;
    keys.add(orphan.key);
    for (const file of await listArtifactFiles(artifactStore, orphan).catch(() => [])) keys.add(file.key);
  }
  const wanted = await findArtifactKeys(metadataStore, [...keys]);
  const unwanted = [...keys].filter((key) => !wanted.has(key));
  if (unwanted.length > 0) await artifactStore.delete(unwanted);
  return unwanted.length;
}

class BytesLeftError extends ArtifactStoreError {
  constructor(run: string, store: string, cause: unknown) {
    const reason = MlstackError.is(cause) ? cause.message : String(cause);
    super(store, `delete what run "${run}" stored`, {
      reason,
      cause,
      hint: 'The run is deleted. Remove its bytes later with `mlstack artifacts prune`.',
    });
  }
}
