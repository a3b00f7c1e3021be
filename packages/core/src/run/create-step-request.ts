import { MlstackError } from '../errors/mlstack-error.ts';
import type { JsonValue } from '../json-value.ts';
import type { StepNode } from '../pipeline/plan.ts';
import { listReferences } from '../secret/secret-reference.ts';
import type { LaunchCredentials } from './launcher.ts';
import type { RecordedOutputs } from './node-outputs.ts';
import { toStoredArtifact } from './node-outputs.ts';
import type { Lease, NewRun } from './run-record.ts';
import type { ComponentReference, StepRequest } from './step-request.ts';

/** Longest a hook may take where its step has no shorter timeout. */
const hookTimeoutMs = 60_000;

interface RequestedExecution {
  readonly run: NewRun;
  readonly lease: Lease;
  readonly node: StepNode;
  readonly role: StepRequest['role'];
  readonly attempt: number;
  readonly outputPrefix: string;
  readonly inputs: RecordedOutputs;
  readonly failure?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What a launcher is given to run one step, or one hook of it. */
export function createStepRequest(execution: RequestedExecution): {
  readonly request: StepRequest;
  readonly credentials: LaunchCredentials;
} {
  const { run, lease, node, role, attempt, outputPrefix, inputs, failure, environment } = execution;
  const artifactStore = artifactStoreOf(run);
  const request: StepRequest = {
    formatVersion: 1,
    runId: run.id,
    runName: run.name,
    pipeline: run.plan.pipeline,
    nodeId: node.id,
    attempt,
    leaseEpoch: lease.epoch,
    role,
    code: {
      kind: 'node-bundle',
      digest: run.plan.codeDigest,
      export: run.plan.export,
      configuration: run.configuration,
    },
    node: role === 'step' ? node : withHookTimeout(node),
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, output]) => [name, toStoredArtifact(output)])),
    outputPrefix,
    components: { artifactStore },
    ...(failure === undefined ? {} : { failure }),
  };
  const names = [...referencedVariables(artifactStore), ...(node.settings.env ?? [])];
  const env: Record<string, string> = {};
  for (const name of names) {
    const value = environment[name];
    if (value !== undefined) env[name] = value;
  }
  return { request, credentials: { env } };
}

function artifactStoreOf(run: NewRun): ComponentReference {
  const reference = run.stack.components.find((component) => component.type === 'artifact-store');
  if (reference === undefined) throw new StackWithoutStoreError(run.stack.name);
  return reference;
}

class StackWithoutStoreError extends MlstackError {
  readonly code = 'STACK_INCOMPLETE';
  constructor(stack: string) {
    super(`Stack "${stack}" has no artifact store.`, { hint: 'Add one with `mlstack stack update`.' });
  }
}

const variables = new WeakMap<ComponentReference, readonly string[]>();

function referencedVariables(component: ComponentReference): readonly string[] {
  const known = variables.get(component);
  if (known !== undefined) return known;
  const found = listReferences(component.config as JsonValue).map(({ variable }) => variable);
  variables.set(component, found);
  return found;
}

function withHookTimeout(node: StepNode): StepNode {
  const timeoutMs = Math.min(node.settings.timeoutMs ?? hookTimeoutMs, hookTimeoutMs);
  return { ...node, settings: { ...node.settings, timeoutMs } };
}
