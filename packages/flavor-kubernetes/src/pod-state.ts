import { constants } from 'node:os';
import type { V1ContainerStateTerminated, V1Job, V1Pod } from '@kubernetes/client-node';
import type { EndCause } from '@mlstack/core/flavor';
import { maximumLogChunks, parseBytes } from '@mlstack/core/flavor';
import { containerName } from './object-names.ts';
import { readHead } from './step-job.ts';

/** What a pod's status says about the execution in it. */
export type PodState =
  | {
      readonly kind: 'waiting';
      readonly reason: string;
      /** The image cannot be had: `never` where waiting does not help. */
      readonly imageFailure?: 'now' | 'never';
    }
  | {
      readonly kind: 'running';
      /** Its node, where that does not answer. */
      readonly silentNode?: string;
    }
  | { readonly kind: 'ended'; readonly cause: EndCause; readonly logChunks?: number };

const imageFailures = ['ErrImagePull', 'ImagePullBackOff', 'ImageInspectError', 'RegistryUnavailable'];
const imageRefusals = ['InvalidImageName', 'ErrImageNeverPull'];

/** @param deleted the API server keeps it no longer. */
export function readPodState(pod: V1Pod, deleted = false): PodState {
  const { status } = pod;
  const state = status?.containerStatuses?.find(({ name }) => name === containerName)?.state;
  const isOver = state?.terminated !== undefined || status?.phase === 'Failed' || status?.phase === 'Succeeded';
  const told = state?.terminated === undefined ? undefined : parseEnd(state.terminated.message);
  if (told?.cause.kind === 'completed') return { kind: 'ended', ...told };
  const disruption = readDisruption(pod, isOver || deleted) ?? readDeadline(pod, isOver);
  const logChunks = told === undefined ? {} : { logChunks: told.logChunks };
  if (disruption !== undefined) return { kind: 'ended', cause: disruption, ...logChunks };
  if (told !== undefined) return { kind: 'ended', ...told };
  if (state?.terminated !== undefined) return { kind: 'ended', cause: causeOf(pod, state.terminated, deleted) };
  if (isOver) {
    return {
      kind: 'ended',
      cause: {
        kind: 'lost',
        reason: readInitFailure(pod) ?? status?.message ?? status?.reason ?? 'its pod has failed',
      },
    };
  }
  if (deleted) return { kind: 'ended', cause: { kind: 'lost', reason: podDeleted } };
  if (state?.running !== undefined) return { kind: 'running', ...readSilentNode(pod) };
  return readWaiting(pod);
}

export const podDeleted = 'its pod was deleted';

/** How a Job is over, also without a pod that says why. */
export function readJobEnd({ status }: Pick<V1Job, 'status'>): EndCause | undefined {
  const condition = (wanted: string) =>
    status?.conditions?.find(({ type, status: is }) => type === wanted && is === 'True');
  if (condition('Complete') !== undefined) return { kind: 'completed' };
  const failed = condition('Failed');
  return failed && { kind: 'lost', reason: failed.message ?? failed.reason ?? 'its Job has failed' };
}

export const suspended = 'its Job is suspended';

/** A Job that somebody holds back, as a queue does until there is room, gets no pod. */
export function readSuspension({ spec, status }: Pick<V1Job, 'spec' | 'status'>): string | undefined {
  const condition = status?.conditions?.find(({ type, status: is }) => type === 'Suspended' && is === 'True');
  if (condition !== undefined) return `${suspended}: ${condition.message ?? condition.reason ?? 'nobody says why'}`;
  return spec?.suspend === true ? suspended : undefined;
}

function readDisruption({ metadata, spec, status }: V1Pod, isOver: boolean): EndCause | undefined {
  if (status?.reason === 'Evicted') return { kind: 'evicted', reason: status.message ?? 'its node needed the room' };
  const disruption = status?.conditions?.find(({ type, status: is }) => type === 'DisruptionTarget' && is === 'True');
  if (disruption === undefined) return undefined;
  const { reason, message } = disruption;
  // The kubelet of a node that does not answer never tells that the pod is over.
  if (reason === 'DeletionByTaintManager') {
    return isOver || metadata?.deletionTimestamp !== undefined
      ? { kind: 'lost', reason: `node ${spec?.nodeName ?? '?'} was lost: ${message ?? reason}` }
      : undefined;
  }
  if (!isOver) return undefined;
  // Its node is gone from the cluster, as those are that come and go with the load.
  if (reason === 'DeletionByPodGC') {
    return { kind: 'lost', reason: `node ${spec?.nodeName ?? '?'} was lost: ${message ?? reason}` };
  }
  return { kind: 'evicted', reason: message ?? reason ?? 'the cluster needed the room' };
}

/** The cluster ended it for its time: where the step has a timeout of its own, when that was over for long. */
function readDeadline(pod: V1Pod, isOver: boolean): EndCause | undefined {
  if (!isOver || pod.status?.reason !== 'DeadlineExceeded') return undefined;
  const timeoutMs = readHead(pod)?.node?.settings?.timeoutMs;
  if (timeoutMs !== undefined) return { kind: 'timed-out', timeoutMs };
  const seconds = pod.spec?.activeDeadlineSeconds;
  return { kind: 'lost', reason: `its pod was ended after its activeDeadlineSeconds of ${seconds} s` };
}

function readInitFailure({ status }: V1Pod): string | undefined {
  for (const { name, state } of status?.initContainerStatuses ?? []) {
    const { exitCode = 0, message, reason } = state?.terminated ?? {};
    if (exitCode === 0) continue;
    const why = message ?? (reason === 'Error' ? undefined : reason);
    return `its init container ${name} failed with exit code ${exitCode}${why === undefined ? '' : `: ${why.trim()}`}`;
  }
  return undefined;
}

function causeOf(
  pod: V1Pod,
  { reason, message, exitCode, signal }: V1ContainerStateTerminated,
  deleted: boolean,
): EndCause {
  if (reason === 'OOMKilled') return { kind: 'out-of-memory', ...memoryLimit(pod) };
  if (reason === 'ContainerCannotRun' || reason === 'StartError') {
    return { kind: 'refused', reason: `its container cannot run: ${message ?? reason}` };
  }
  if (deleted || pod.metadata?.deletionTimestamp !== undefined) return { kind: 'lost', reason: podDeleted };
  const number = signal ?? (exitCode > 128 ? exitCode - 128 : undefined);
  const name = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  return name === undefined ? { kind: 'exited', exitCode } : { kind: 'signalled', signal: name };
}

function memoryLimit({ spec }: V1Pod): { readonly limitBytes?: number } {
  const text = spec?.containers.find(({ name }) => name === containerName)?.resources?.limits?.memory;
  const limitBytes = text === undefined ? undefined : parseBytes(text);
  return limitBytes === undefined ? {} : { limitBytes };
}

/** The kubelet gives a reason for a pod that is not ready. For a kubelet that does not answer the cluster says it, without one. */
function readSilentNode({ spec, status }: V1Pod): { readonly silentNode?: string } {
  const isSilent = status?.conditions?.some(
    ({ type, status: is, reason = '' }) => type === 'Ready' && is === 'False' && reason === '',
  );
  return isSilent === true ? { silentNode: spec?.nodeName ?? '?' } : {};
}

function readWaiting({ status }: V1Pod): PodState {
  const unscheduled = status?.conditions?.find(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
  if (unscheduled !== undefined) {
    return { kind: 'waiting', reason: `no node takes it: ${unscheduled.message ?? unscheduled.reason}` };
  }
  const states = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const waiting = states.map(({ state }) => state?.waiting).find((found) => found !== undefined);
  const reason = waiting?.reason ?? 'Pending';
  const text = waiting?.message === undefined ? reason : `${reason}: ${waiting.message}`;
  if (imageRefusals.includes(reason)) return { kind: 'waiting', reason: text, imageFailure: 'never' };
  if (imageFailures.includes(reason)) return { kind: 'waiting', reason: text, imageFailure: 'now' };
  return { kind: 'waiting', reason: text };
}

/** What the program in the pod said last. It is the user's code that runs there: what is no such end is ignored. */
function parseEnd(text: string | undefined): { readonly cause: EndCause; readonly logChunks: number } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('cause' in value) || !('logChunks' in value)) return undefined;
  const { cause, logChunks } = value;
  if (!isEndCause(cause) || typeof logChunks !== 'number' || !Number.isSafeInteger(logChunks)) return undefined;
  if (logChunks < 0 || logChunks > maximumLogChunks) return undefined;
  return { cause, logChunks };
}

function isEndCause(value: unknown): value is EndCause {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  const has = (field: string, type: string) => field in value && typeof value[field as keyof typeof value] === type;
  switch (value.kind) {
    case 'completed':
    case 'stopped':
      return true;
    case 'exited':
      return has('exitCode', 'number');
    case 'signalled':
      return has('signal', 'string');
    case 'out-of-memory':
      return !('limitBytes' in value) || has('limitBytes', 'number');
    case 'timed-out':
      return has('timeoutMs', 'number');
    case 'not-started':
    case 'lost':
    case 'refused':
      return has('reason', 'string');
    default:
      return false;
  }
}
