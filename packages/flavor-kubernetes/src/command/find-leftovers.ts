import type { MetadataStore } from '@mlstack/core/flavor';
import { MlstackError } from '@mlstack/core/flavor';
import { createClusterApi } from '../cluster-api.ts';
import { telling } from '../cluster-errors.ts';
import { statusOf } from '../kubernetes-api.ts';
import type { KubernetesCluster } from '../kubernetes-cluster.ts';
import type { RunJob } from './list-run-jobs.ts';
import { listRunJobs } from './list-run-jobs.ts';

export interface Leftovers {
  /** Of runs whose end is recorded or that were deleted, and of diagnoses that were killed: nobody will ask for them again. */
  readonly jobs: readonly RunJob[];
  /** What stays, and why. */
  readonly kept: readonly { readonly run: string; readonly jobs: number; readonly reason: string }[];
}

/** A diagnosis ends itself before that. */
const probeAgeMs = 300_000;

/** What this component's runs have left on the cluster. A run that may yet go on or be resumed keeps all that it has. */
export async function findLeftovers(cluster: KubernetesCluster, metadataStore: MetadataStore): Promise<Leftovers> {
  const storeId = await metadataStore.storeId();
  const own = (await listRunJobs(cluster)).filter((job) => job.own);
  const jobs = own.filter(({ role, createdAt }) => role === 'probe' && Date.now() - Date.parse(createdAt) > probeAgeMs);
  const kept: Leftovers['kept'][number][] = [];
  for (const [runId, ofRun] of Map.groupBy(
    own.filter(({ role }) => role !== 'probe'),
    (job) => job.runId,
  )) {
    const isRecordedHere = ofRun.some((job) => job.metadataStoreId === storeId);
    const reason = await findReasonToKeep(metadataStore, runId, isRecordedHere);
    if (reason === undefined) jobs.push(...ofRun);
    else kept.push({ run: ofRun[0]?.run ?? runId, jobs: ofRun.length, reason });
  }
  return { jobs, kept };
}

async function findReasonToKeep(
  metadataStore: MetadataStore,
  runId: string,
  isRecordedHere: boolean,
): Promise<string | undefined> {
  try {
    const { state } = await metadataStore.getRun(runId);
    if (state === 'completed' || state === 'failed' || state === 'cancelled') return undefined;
    return 'its end is not recorded; `mlstack runs resume` or `mlstack runs stop` ends it';
  } catch (error) {
    if (!MlstackError.is(error) || error.code !== 'RUN_NOT_FOUND') throw error;
    // What was recorded here and is not there any more was deleted.
    return isRecordedHere ? undefined : 'the metadata store of this stack does not know it';
  }
}

/** Pods and Secrets that belong to the Jobs go with them. */
export async function removeJobs(cluster: KubernetesCluster, jobs: readonly RunJob[]): Promise<void> {
  const api = createClusterApi(cluster.config);
  const { batch } = api;
  await telling(api, `remove Jobs in namespace ${api.namespace}`, async () => {
    for (const { job: name, namespace } of jobs) {
      try {
        await batch.deleteNamespacedJob({ name, namespace, propagationPolicy: 'Background' });
      } catch (error) {
        if (statusOf(error) !== 404) throw error;
      }
    }
  });
}
