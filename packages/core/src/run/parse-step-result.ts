import { isArtifactKey } from '../artifact/artifact-key.ts';
import type { StoredArtifact } from '../artifact/artifact-record.ts';
import { MlstackError } from '../errors/mlstack-error.ts';
import type { JsonObject } from '../json-value.ts';
import type { StepNode } from '../pipeline/plan.ts';
import { maximumLogChunks } from './step-log.ts';
import type { StepRequest } from './step-request.ts';
import type { ErrorRecord, StepResult } from './step-result.ts';

/** Bytes of a result document. */
export const maximumResultBytes = 1024 * 1024;
const maximumTextLength = 64 * 1024;
const maximumPreviewLength = 200;
const maximumCauses = 20;

/** What a step's process said of itself cannot be right. */
export class StepResultError extends MlstackError {
  readonly code = 'STEP_RESULT_INVALID';
  override readonly kind = 'failure' as const;
  constructor(step: string, problem: string) {
    super(`The result of step "${step}" was refused: ${problem}.`, {
      hint: 'Something other than the step may have written it. Run it again; report it if it happens again.',
    });
  }
}

/** Which execution a result must be of. */
export type ExpectedResult = Pick<StepRequest, 'runId' | 'nodeId' | 'attempt' | 'role' | 'outputPrefix'> & {
  readonly node: StepNode;
};

/**
 * Makes a result of what came from a step's process: unknown data, or the bytes of a document. Refuses with `StepResultError`
 * what is too large, of another execution, or names outputs that the plan does not know or that lie outside the prefix.
 */
export function parseStepResult(source: unknown, expected: ExpectedResult): StepResult {
  const step = expected.node.step;
  const check = (holds: boolean, problem: string): void => {
    if (!holds) throw new StepResultError(step, problem);
  };
  let value = source;
  if (source instanceof Uint8Array) {
    check(source.byteLength <= maximumResultBytes, `it is larger than ${maximumResultBytes} bytes`);
    try {
      value = JSON.parse(Buffer.from(source).toString('utf8'));
    } catch {
      check(false, 'it is no JSON');
    }
  }
  check(isObject(value), 'it is no object');
  const result = value as Record<string, unknown>;
  check(result.formatVersion === 1, `its format version is ${JSON.stringify(result.formatVersion) ?? 'missing'}`);
  check(
    result.runId === expected.runId && result.nodeId === expected.nodeId && result.attempt === expected.attempt,
    'it is of another execution',
  );
  const { outcome, startedAt, endedAt, logChunks } = result;
  check(outcome === 'succeeded' || outcome === 'failed' || outcome === 'cancelled', 'its outcome is unknown');
  check(isTime(startedAt) && isTime(endedAt), 'its times are no times');
  check(isCount(logChunks) && (logChunks as number) <= maximumLogChunks, 'its number of log chunks is no number');
  check(isOptionalAmount(result.cpuMs), 'its CPU time is no number');
  check(isOptionalAmount(result.peakMemoryBytes), 'its peak memory is no number');
  check(isObject(result.metadata) && canBeStored(result.metadata), 'its metadata is no object that can be stored');
  check(isErrorRecord(result.error, maximumCauses), 'its error is malformed');
  check(isObject(result.outputs), 'its outputs are no object');
  const problem = findOutputsProblem(result.outputs as Record<string, unknown>, outcome as string, expected);
  check(problem === undefined, problem ?? '');
  return {
    formatVersion: 1,
    runId: expected.runId,
    nodeId: expected.nodeId,
    attempt: expected.attempt,
    outcome: outcome as StepResult['outcome'],
    outputs: result.outputs as Record<string, StoredArtifact>,
    ...(result.error === undefined ? {} : { error: result.error as ErrorRecord }),
    startedAt: startedAt as string,
    endedAt: endedAt as string,
    ...(result.cpuMs === undefined ? {} : { cpuMs: result.cpuMs as number }),
    ...(result.peakMemoryBytes === undefined ? {} : { peakMemoryBytes: result.peakMemoryBytes as number }),
    metadata: result.metadata as JsonObject,
    logChunks: logChunks as number,
  };
}

function findOutputsProblem(
  outputs: Record<string, unknown>,
  outcome: string,
  { node, role, outputPrefix }: ExpectedResult,
): string | undefined {
  const planned = outcome === 'succeeded' && role === 'step' ? node.outputs : {};
  for (const name of Object.keys(planned)) {
    if (!Object.hasOwn(outputs, name)) return `its output "${name}" is missing`;
  }
  for (const [name, output] of Object.entries(outputs)) {
    if (!Object.hasOwn(planned, name)) return `it has an output "${name}" that the plan does not know`;
    if (!isStoredArtifact(output)) return `its output "${name}" is malformed`;
    if (!isArtifactKey(output.key) || !output.key.startsWith(outputPrefix)) {
      return `its output "${name}" lies outside the place it was given`;
    }
    const { materializer } = planned[name] ?? {};
    if (
      materializer !== undefined &&
      (materializer.id !== output.materializer.id || materializer.version !== output.materializer.version)
    ) {
      return `its output "${name}" was written by another materializer than the plan says`;
    }
  }
  return undefined;
}

function isStoredArtifact(value: unknown): value is StoredArtifact {
  if (!isObject(value)) return false;
  const { key, layout, size, sha256, materializer, preview } = value;
  return (
    typeof key === 'string' &&
    (layout === 'file' || layout === 'manifest') &&
    isCount(size) &&
    typeof sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(sha256) &&
    isObject(materializer) &&
    isText(materializer.id, maximumPreviewLength) &&
    isCount(materializer.version) &&
    isText(preview, maximumPreviewLength)
  );
}

function isErrorRecord(value: unknown, causesLeft: number): boolean {
  if (value === undefined) return true;
  if (!isObject(value) || causesLeft === 0) return false;
  const { name, message, code, hint, stack, cause } = value;
  return (
    [name, message].every((text) => isText(text, maximumTextLength)) &&
    [code, hint, stack].every((text) => text === undefined || isText(text, maximumTextLength)) &&
    isErrorRecord(cause, causesLeft - 1)
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is nested too deeply cannot be written. */
function canBeStored(value: object): boolean {
  try {
    return JSON.stringify(value).length <= maximumResultBytes;
  } catch {
    return false;
  }
}

function isText(value: unknown, maximumLength: number): value is string {
  return typeof value === 'string' && value.length <= maximumLength;
}

function isTime(value: unknown): boolean {
  return isText(value, 40) && !Number.isNaN(Date.parse(value));
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isOptionalAmount(value: unknown): boolean {
  return value === undefined || (Number.isFinite(value) && (value as number) >= 0);
}
