import type { V1Job, V1Pod } from '@kubernetes/client-node';
import { createClusterApi } from '../cluster-api.ts';
import { telling } from '../cluster-errors.ts';
import type { KubernetesCluster } from '../kubernetes-cluster.ts';
import { annotations, labels, shortHash } from '../object-names.ts';
import { readPodRefusals } from '../pod-refusals.ts';
import { readJobEnd, readPodState, readSuspension } from '../pod-state.ts';
import { outputPrefixOf } from '../step-job.ts';

/** A Job on the cluster that a component of mlstack made, and how it is. */
export interface RunJob {
  readonly job: string;
  readonly namespace: string;
  /** `step`: an execution. `run`: holds a run's credentials, without pods. `probe`: of `doctor`. */
  readonly role: string;
  readonly runId: string;
  readonly run: string;
  readonly step: string;
  readonly attempt: number;
  readonly state: 'waiting' | 'running' | 'succeeded' | 'failed' | 'kept';
  /** What it waits for, or why it failed. */
  readonly reason: string;
  readonly pod: string;
  readonly node: string;
  readonly createdAt: string;
  /** Id of the metadata store where its run is recorded; empty where the Job does not say. */
  readonly metadataStoreId: string;
  /** Made by the component that was asked. */
  readonly own: boolean;
}

/** All that components of mlstack have in the namespace, of any project, the oldest first. */
export async function listRunJobs(cluster: KubernetesCluster): Promise<RunJob[]> {
  const api = createClusterApi(cluster.config);
  const { batch, core, namespace } = api;
  const labelSelector = `${labels.managedBy}=mlstack`;
  const [jobs, pods, refusals] = await telling(api, `list the Jobs in namespace ${namespace}`, () =>
    Promise.all([
      batch.listNamespacedJob({ namespace, labelSelector }),
      core.listNamespacedPod({ namespace, labelSelector }),
      readPodRefusals(api, namespace),
    ]),
  );
  const byJob = new Map(pods.items.map((pod) => [ownerOf(pod), pod]));
  return jobs.items
    .map((job) => {
      const { name = '' } = job.metadata ?? {};
      return describeJob({ job, pod: byJob.get(name), refusal: refusals.get(name) }, shortHash(cluster.componentId));
    })
    .sort((one, other) => (one.createdAt < other.createdAt ? -1 : 1));
}

function ownerOf({ metadata }: V1Pod): string {
  return metadata?.ownerReferences?.find(({ kind }) => kind === 'Job')?.name ?? '';
}

interface ListedJob {
  readonly job: V1Job;
  readonly pod: V1Pod | undefined;
  /** Why it has no pod. */
  readonly refusal: string | undefined;
}

function describeJob(listed: ListedJob, ownHash: string): RunJob {
  const { job, pod } = listed;
  const {
    name = '',
    namespace = '',
    annotations: notes = {},
    labels: marks = {},
    creationTimestamp,
  } = job.metadata ?? {};
  const role = marks[labels.role] ?? '';
  const runId = notes[annotations.runId] ?? '';
  return {
    job: name,
    namespace,
    role,
    runId,
    run: runNameOf(job),
    step: notes[annotations.node] ?? '',
    attempt: Number(notes[annotations.attempt] ?? 0),
    ...stateOf(listed, role),
    pod: pod?.metadata?.name ?? '',
    node: pod?.spec?.nodeName ?? '',
    createdAt: creationTimestamp?.toISOString() ?? '',
    metadataStoreId: outputPrefixOf(job)?.split('/')[0] ?? '',
    own: marks[labels.component] === ownHash,
  };
}

function runNameOf({ metadata }: V1Job): string {
  const { annotations: notes = {} } = metadata ?? {};
  return notes[annotations.runName] ?? notes[annotations.runId] ?? '';
}

function stateOf({ job, pod, refusal }: ListedJob, role: string): Pick<RunJob, 'state' | 'reason'> {
  if (role === 'run') return { state: 'kept', reason: 'credentials of the run' };
  const state = pod === undefined ? undefined : readPodState(pod);
  const cause = state?.kind === 'ended' ? state.cause : readJobEnd(job);
  if (cause !== undefined) {
    if (cause.kind !== 'completed') return { state: 'failed', reason: explain(cause) };
    // Its program has completed, and says by its exit code how the step went.
    const hasFailed = pod?.status?.phase === 'Failed' || readJobEnd(job)?.kind === 'lost';
    if (!hasFailed) return { state: 'succeeded', reason: '' };
    return { state: 'failed', reason: `the step failed, see mlstack runs logs ${runNameOf(job)}` };
  }
  if (state?.kind === 'running') return { state: 'running', reason: '' };
  const podless = readSuspension(job) ?? refusal ?? 'its pod is being made';
  return { state: 'waiting', reason: state?.kind === 'waiting' ? state.reason : podless };
}

type Cause = Extract<ReturnType<typeof readPodState>, { kind: 'ended' }>['cause'];

function explain(cause: Cause): string {
  if ('reason' in cause) return cause.reason;
  if (cause.kind === 'exited') return `exit code ${cause.exitCode}`;
  if (cause.kind === 'signalled') return cause.signal;
  if (cause.kind === 'out-of-memory' && cause.limitBytes !== undefined) {
    return `out of memory, of which it may have ${Math.round(cause.limitBytes / 2 ** 20)} MiB`;
  }
  return cause.kind.replaceAll('-', ' ');
}
