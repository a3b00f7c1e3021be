import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { buildBundle } from '../bundle/build-bundle.ts';
import { findBundle } from '../bundle/find-bundle.ts';
import { MlstackError } from '../errors/mlstack-error.ts';
import { LeaseHeldError, PlanChangedError, RunCodeMissingError, RunCompletedError } from '../errors/run-errors.ts';
import type { Plan, StepNode } from '../pipeline/plan.ts';
import type { Project } from '../project/project.ts';
import type { OpenStack } from '../stack/open-stack.ts';
import { openStack } from '../stack/open-stack.ts';
import { isHolderDead } from './lease-holder.ts';
import type { CompiledPipeline } from './prepare-run.ts';
import { buildAhead, compileFile } from './prepare-run.ts';
import type { PipelineOptions } from './run-pipeline.ts';
import type { RunDetail } from './run-record.ts';
import type { ComponentReference } from './step-request.ts';
import { validatePlanOnStack } from './validate-plan-on-stack.ts';
import { WorkerProcess } from './worker-process.ts';

/** Before anything is built for it; the lease has the last word. */
export function requireResumable({ name, state, lease }: RunDetail): void {
  if (state === 'completed') throw new RunCompletedError(name);
  if (state === 'running' && lease !== undefined && !isHolderDead(lease)) throw new LeaseHeldError(name, lease);
}

/** The code of a plan must be on this machine. */
export function requireBundle(project: Project, { codeDigest }: Plan, run: string): void {
  if (findBundle(project.stateDirectory, codeDigest) === undefined) throw new RunCodeMissingError(run, codeDigest);
}

/** How stack and code differ from what the run began with, in sentences. A run goes on all the same. */
export async function describeChanges(project: Project, { record }: RunDetail): Promise<string[]> {
  const [stack, code] = await Promise.all([
    describeStackChange(project, record.stack.name, record.stack.components),
    describeCodeChange(project, record.sourceFile, record.plan),
  ]);
  return [...stack, ...code];
}

async function describeStackChange(
  project: Project,
  name: string,
  began: readonly ComponentReference[],
): Promise<string[]> {
  try {
    const { snapshot } = await openStack(project, name);
    const changed = began.filter((then) => {
      const now = snapshot.components.find(({ type }) => type === then.type);
      return now === undefined || !isSameComponent(now, then);
    });
    if (changed.length === 0) return [];
    const types = changed.map(({ type }) => type).join(', ');
    return [`Stack "${name}" has changed since the run began (${types}); the run goes on with what it began with.`];
  } catch (error) {
    if (!MlstackError.is(error)) throw error;
    return [`Stack "${name}" cannot be opened any more as it is now; the run goes on with what it began with.`];
  }
}

function isSameComponent(one: ComponentReference, other: ComponentReference): boolean {
  const versionOf = ({ source }: ComponentReference) => (source.kind === 'package' ? source.version : '');
  return (
    one.id === other.id &&
    one.flavor === other.flavor &&
    versionOf(one) === versionOf(other) &&
    isDeepStrictEqual(one.config, other.config)
  );
}

async function describeCodeChange(project: Project, sourceFile: string, plan: Plan): Promise<string[]> {
  const withCurrentCode = 'to go on with the code as it is now, add --with-current-code.';
  try {
    const file = resolve(project.directory, sourceFile);
    const { digest } = await buildBundle({ file, stateDirectory: project.stateDirectory });
    if (digest === plan.codeDigest) return [];
    return [`The code has changed since the run began; the run goes on with what it began with; ${withCurrentCode}`];
  } catch (error) {
    if (!MlstackError.is(error)) throw error;
    return [`The code cannot be built as it is now; the run goes on with what it began with.`];
  }
}

/** The plan as the code on the disk gives it, on the stack of the run. Fails with `PlanChangedError` where it has other steps, wired otherwise. */
export async function compileCurrentCode(
  project: Project,
  { name, record }: RunDetail,
  stack: OpenStack,
  options: { readonly signal?: AbortSignal; readonly onOutput?: (text: string) => void },
): Promise<CompiledPipeline> {
  const { signal, onOutput } = options;
  const current: PipelineOptions = {
    file: resolve(project.directory, record.sourceFile),
    export: record.plan.export,
    configuration: record.configuration,
    ...(signal === undefined ? {} : { signal }),
    ...(onOutput === undefined ? {} : { onOutput }),
  };
  const secrets = buildAhead(stack).then(() => stack.secrets);
  const compiled = await compileFile(project, current, new WorkerProcess(), { secrets });
  try {
    const difference = findDifference(record.plan, compiled.plan);
    if (difference !== undefined) throw new PlanChangedError(name, difference);
    await validatePlanOnStack(project, compiled.plan, stack);
    return compiled;
  } catch (error) {
    await compiled.worker.kill();
    throw error;
  }
}

function findDifference(before: Plan, after: Plan): string | undefined {
  const nodes = new Map(after.nodes.map((node) => [node.id, node]));
  if (before.pipeline !== after.pipeline) return `the pipeline is now named "${after.pipeline}"`;
  for (const node of before.nodes) {
    const now = nodes.get(node.id);
    nodes.delete(node.id);
    if (now === undefined) return `it has no step "${node.id}" any more`;
    if (!isDeepStrictEqual(shapeOf(node), shapeOf(now)))
      return `its step "${node.id}" reads or gives something else now`;
  }
  const [added] = nodes.keys();
  return added === undefined ? undefined : `it has a new step "${added}"`;
}

function shapeOf({ step, inputs, after, outputs, singleOutput }: StepNode) {
  return { step, inputs, after, outputs: Object.keys(outputs).sort(), singleOutput };
}
