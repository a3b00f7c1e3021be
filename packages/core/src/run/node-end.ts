import type { RunChange } from '../component/metadata-store.ts';
import { describeEndCause } from './describe-end-cause.ts';
import type { RecordedOutputs } from './node-outputs.ts';
import { previewsOf } from './node-outputs.ts';
import type { RunEvent } from './run-events.ts';
import type { Execution, ExecutionEnd } from './step-executions.ts';
import type { ErrorRecord } from './step-result.ts';

/** What is recorded, and what is told, of a node whose last attempt is over. */
export function describeNodeEnd(
  { node, attempt, launchedAt }: Execution,
  state: 'succeeded' | 'failed' | 'cancelled',
  { result, logChunks = result?.logChunks }: Partial<ExecutionEnd>,
  { outputs = {}, error }: { readonly outputs?: RecordedOutputs; readonly error?: ErrorRecord },
): { readonly change: RunChange; readonly event: RunEvent } {
  const startedAt = result?.startedAt ?? launchedAt;
  const endedAt = result?.endedAt ?? new Date().toISOString();
  const durationMs = Math.max(0, Date.parse(endedAt) - Date.parse(startedAt));
  const end = { kind: 'node-ended', nodeId: node.id, state, ...(error === undefined ? {} : { error }) } as const;
  return {
    change: {
      ...end,
      attempt,
      outputs,
      startedAt,
      endedAt,
      ...(result?.cpuMs === undefined ? {} : { cpuMs: result.cpuMs }),
      ...(result?.peakMemoryBytes === undefined ? {} : { peakMemoryBytes: result.peakMemoryBytes }),
      ...(result === undefined ? {} : { metadata: result.metadata }),
      ...(logChunks === undefined ? {} : { logChunks }),
    },
    event: { ...end, durationMs, ...(state === 'succeeded' ? { previews: previewsOf(outputs) } : {}) },
  };
}

/**
 * Why an execution did not succeed; undefined where it did. What the platform saw comes first: a step that was ended for its
 * memory may have said something else before.
 */
export function failureOf({ node }: Execution, { cause, result, error }: ExecutionEnd): ErrorRecord | undefined {
  if (error !== undefined) return error;
  if (result?.outcome === 'succeeded') return undefined;
  const said = result?.error;
  if (cause.kind === 'completed') return said ?? describeEndCause(node.step, cause);
  return { ...describeEndCause(node.step, cause), ...(said === undefined ? {} : { cause: said }) };
}
