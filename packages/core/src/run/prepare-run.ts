import { relative, resolve } from 'node:path';
import { buildBundle } from '../bundle/build-bundle.ts';
import type { MetadataStore } from '../component/metadata-store.ts';
import { coreVersion } from '../core-version.ts';
import { ValidationError } from '../errors/issue.ts';
import { MlstackError } from '../errors/mlstack-error.ts';
import { CompileFailedError } from '../errors/pipeline-load-errors.ts';
import type { Plan } from '../pipeline/plan.ts';
import type { Project } from '../project/project.ts';
import { SecretValues } from '../secret/redact.ts';
import { RedactedOutput } from '../secret/redacted-output.ts';
import { listReferences } from '../secret/secret-reference.ts';
import type { OpenStack } from '../stack/open-stack.ts';
import { openStack } from '../stack/open-stack.ts';
import { validateStack } from '../stack/validate-stack.ts';
import { compileInWorker } from './compile-in-worker.ts';
import { createId } from './create-id.ts';
import { needsUsableStore, requireUsableStore } from './require-usable-store.ts';
import { validateRunName } from './run-name.ts';
import type { PipelineOptions } from './run-pipeline.ts';
import type { NewRun } from './run-record.ts';
import type { ComponentReference } from './step-request.ts';
import { validatePlanOnStack } from './validate-plan-on-stack.ts';
import type { WorkerProcess } from './worker-process.ts';

export interface CompiledPipeline {
  readonly plan: Plan;
  /** The worker that compiled it, ready for a step. Whoever takes it closes it. */
  readonly worker: WorkerProcess;
}

export interface CompileContext {
  /** As of `CompileJob`. */
  readonly prepare?: ComponentReference | undefined;
  /** What is not to be told of what the modules say. Does not fail. */
  readonly secrets: Promise<SecretValues>;
}

/** Builds the bundle and compiles the pipeline in the worker, which is killed where that fails. User code never runs in this process. */
export async function compileFile(
  project: Project,
  options: PipelineOptions,
  worker: WorkerProcess,
  { prepare, secrets }: CompileContext,
): Promise<CompiledPipeline> {
  const { file, configuration = {}, onOutput = () => {}, signal } = options;
  const output = new RedactedOutput(secrets, onOutput);
  try {
    const { directory } = await buildBundle({ file, stateDirectory: project.stateDirectory });
    const plan = await compileInWorker(worker, {
      directory,
      export: options.export ?? 'default',
      configuration,
      ...(prepare === undefined ? {} : { prepare }),
      onOutput: (text) => output.push(text),
      ...(signal === undefined ? {} : { signal }),
    });
    return { plan, worker };
  } catch (error) {
    await worker.kill();
    throw error instanceof CompileFailedError ? error.redacted(await secrets) : error;
  } finally {
    await secrets;
    output.end();
  }
}

export interface PreparedRun extends CompiledPipeline {
  /** The caller closes it. */
  readonly stack: OpenStack;
  readonly run: NewRun;
  readonly notices: readonly string[];
}

/** Everything that is checked before a run is recorded: the stack, the code, the plan, and that they fit. Records nothing. */
export async function prepareRun(
  project: Project,
  options: PipelineOptions,
  worker: WorkerProcess,
): Promise<PreparedRun> {
  const { configuration = {}, file } = options;
  if (configuration.runName !== undefined) validateRunName(configuration.runName);
  const stack = await openStack(project);
  const artifactStore = stack.reference('artifact-store');
  const valid = stack.isChecked ? Promise.resolve() : requireValidStack(project);
  const built = valid.then(() => buildAhead(stack));
  const learnt = () => stack.secrets;
  const usable = built.then(() => requireUsableStore(project, stack));
  usable.catch(() => {});
  const [compiled, validated] = await Promise.allSettled([
    compileFile(project, options, worker, { prepare: artifactStore, secrets: built.then(learnt, learnt) }),
    built,
  ]);
  try {
    if (validated.status === 'rejected') throw validated.reason;
    if (compiled.status === 'rejected') throw compiled.reason;
    const { plan } = compiled.value;
    const notices = await validatePlanOnStack(project, plan, stack);
    await usable.catch(async (error: unknown) => {
      if (await needsUsableStore(project, stack, plan)) throw error;
    });
    if (!stack.isChecked) await stack.rememberCheck();
    const id = createId();
    const run: NewRun = {
      id,
      name: configuration.runName ?? generateRunName(plan.pipeline),
      plan,
      configuration,
      stack: stack.snapshot,
      versions: { mlstack: coreVersion(), node: process.versions.node },
      sourceFile: sourceFileOf(project, file),
    };
    return { plan, worker, stack, run, notices };
  } catch (error) {
    await stack.close();
    throw error;
  }
}

/** What the components of the project's stack refer to, as far as there is one and it can be built. Does not fail. */
export async function learnSecrets(project: Project): Promise<SecretValues> {
  const stack = await openStack(project).catch(() => undefined);
  if (stack === undefined) return new SecretValues();
  const referring = stack.snapshot.components.filter(({ config }) => listReferences(config).length > 0);
  await Promise.allSettled(referring.map(({ type }) => stack.component(type)));
  await stack.close();
  return stack.secrets;
}

/** Stores the run by `record`. A name that was made here and is taken gets a part of the id. */
export async function recordRun<Recorded>(
  { stack, run }: PreparedRun,
  record: (metadataStore: MetadataStore, run: NewRun) => Promise<Recorded>,
): Promise<Recorded> {
  const metadataStore = await stack.component('metadata-store');
  try {
    return await record(metadataStore, run);
  } catch (error) {
    const isTaken = MlstackError.is(error) && error.code === 'RUN_NAME_TAKEN';
    if (!isTaken || run.configuration.runName !== undefined) throw error;
    return await record(metadataStore, { ...run, name: `${run.name}-${run.id.slice(-6)}` });
  }
}

/** What the run will need, while the worker compiles. What fails here fails again, and is told, when it is needed. */
export async function buildAhead(stack: OpenStack): Promise<void> {
  await Promise.allSettled([
    // To be asked how it is opens it, and makes nothing where nothing is yet.
    stack.component('metadata-store').then((store) => store.status()),
    stack.component('artifact-store'),
    stack.component('orchestrator'),
    import('./drive-on-stack.ts'),
  ]);
  // For ids and for the keys of the cache.
  process.getBuiltinModule('node:crypto');
}

async function requireValidStack(project: Project): Promise<void> {
  const { name, issues } = await validateStack(project);
  if (issues.length > 0) throw new ValidationError(`Stack "${name}"`, issues);
}

/** `digits-20260131-174502`: the pipeline and the time here. */
function generateRunName(pipeline: string): string {
  const now = new Date();
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString();
  return `${pipeline}-${local.slice(0, 10).replaceAll('-', '')}-${local.slice(11, 19).replaceAll(':', '')}`;
}

/** Relative to the project where it lies inside, else absolute. */
function sourceFileOf(project: Project, file: string): string {
  const path = relative(project.directory, resolve(file));
  return path.startsWith('..') ? resolve(file) : path;
}
