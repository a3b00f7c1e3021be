import { randomUUID } from 'node:crypto';
import type { StoredArtifact } from '../artifact/artifact-record.ts';
import { keySegment } from '../artifact/key-segment.ts';
import type { LoadOptions } from '../artifact/load-artifact.ts';
import { loadArtifact } from '../artifact/load-artifact.ts';
import type { Materializer } from '../artifact/materializer.ts';
import { isMaterializer } from '../artifact/materializer.ts';
import { chooseMaterializer, findBuiltInMaterializer } from '../artifact/materializers/built-in-materializers.ts';
import { saveArtifact } from '../artifact/store-artifact.ts';
import { mapStack } from '../bundle/map-stack.ts';
import type { ArtifactStore } from '../component/artifact-store.ts';
import type { ComponentContext } from '../component/stack-component.ts';
import { StepCodeMismatchError, StepCodeOtherError } from '../errors/pipeline-load-errors.ts';
import { MaterializerMissingError, OutputInvalidError, OutputMissingError } from '../errors/step-errors.ts';
import type { JsonObject } from '../json-value.ts';
import type { CompiledPipeline } from '../pipeline/compile-pipeline.ts';
import type { StepDefinition } from '../pipeline/step.ts';
import { singleOutput } from '../pipeline/step.ts';
import { toErrorRecord } from './error-record.ts';
import { loadPipeline } from './load-pipeline.ts';
import { loadStepStore } from './load-step-store.ts';
import type { HookContext, StepContext, StepLogger } from './step-context.ts';
import type { LogLine } from './step-log.ts';
import type { StepRequest } from './step-request.ts';
import type { StepResult } from './step-result.ts';
import { StepTemporaryDirectory } from './step-temporary-directory.ts';

/** What surrounds one execution in the process that it happens in. */
export interface StepEnvironment {
  readonly bundleDirectory: string;
  /** Surroundings of the artifact store on this machine. */
  readonly artifactStoreContext: ComponentContext;
  readonly signal: AbortSignal;
  /** Takes the lines of `context.log`. */
  readonly log: (line: LogLine) => void;
}

/** Executes a step or hook in this process. Never throws: what goes wrong is in the result, whose `logChunks` the supervisor sets. */
export async function executeStep(request: StepRequest, environment: StepEnvironment): Promise<StepResult> {
  const startedAt = new Date().toISOString();
  const before = process.resourceUsage();
  const metadata: Record<string, JsonObject[string]> = {};
  const temporary = new StepTemporaryDirectory();
  let done: Pick<StepResult, 'outcome' | 'outputs' | 'error'>;
  try {
    done = { outcome: 'succeeded', outputs: await runStep(request, environment, metadata, temporary) };
  } catch (error) {
    const record = toErrorRecord(error, {
      mapStack: (stack) => withoutOwnFrames(mapStack(stack, environment.bundleDirectory)),
    });
    done = { outcome: environment.signal.aborted ? 'cancelled' : 'failed', outputs: {}, error: record };
  } finally {
    await temporary.remove();
  }
  const after = process.resourceUsage();
  const cpuMicroseconds = after.userCPUTime + after.systemCPUTime - before.userCPUTime - before.systemCPUTime;
  return {
    formatVersion: 1,
    runId: request.runId,
    nodeId: request.nodeId,
    attempt: request.attempt,
    ...done,
    startedAt,
    endedAt: new Date().toISOString(),
    cpuMs: cpuMicroseconds / 1000,
    // The system keeps one peak for the whole process: it is this step's where the step raised it.
    peakMemoryBytes: after.maxRSS > before.maxRSS ? after.maxRSS * 1024 : process.memoryUsage.rss(),
    metadata,
    logChunks: 0,
  };
}

const ownFolder = new URL('.', import.meta.url).href;

/** What called the step says nothing to its author. */
function withoutOwnFrames(stack: string): string {
  const isOwn = (line: string) => line.includes(ownFolder) || line.includes('(node:internal/process/task_queues');
  return stack
    .split('\n')
    .filter((line) => !/^ {4}at /.test(line) || !isOwn(line))
    .join('\n');
}

async function runStep(
  request: StepRequest,
  environment: StepEnvironment,
  metadata: Record<string, unknown>,
  temporary: StepTemporaryDirectory,
): Promise<StepResult['outputs']> {
  const { node, code, role } = request;
  const pipeline = await loadPipeline(environment.bundleDirectory, code.export, code.configuration);
  if (pipeline.plan.codeDigest !== code.digest) throw new StepCodeOtherError(node.id);
  const definition = pipeline.definitions.get(node.id);
  if (definition?.name !== node.step) throw new StepCodeMismatchError(node.id, node.step, definition?.name);
  const { signal } = environment;
  signal.throwIfAborted();
  const context: StepContext<unknown> = {
    params: node.params,
    signal,
    log: createLogger(environment.log),
    runId: request.runId,
    nodeId: request.nodeId,
    attempt: request.attempt,
    metadata: (facts) => addMetadata(metadata, facts),
  };
  if (role !== 'step') {
    await definition[role]?.(hookContext(context, request));
    return {};
  }
  const store = await loadStepStore(request.components.artifactStore, environment.artifactStoreContext);
  const inputs = await loadInputs(request, pipeline, store, {
    signal,
    temporaryDirectory: () => temporary.make(),
  });
  return await saveOutputs(request, definition, await definition.run(inputs, context), store, signal);
}

function hookContext({ metadata: _metadata, ...context }: StepContext<unknown>, request: StepRequest): HookContext {
  const { node, failure } = request;
  return { ...context, step: node.step, ...(failure === undefined ? {} : { failure }) };
}

function createLogger(write: (line: LogLine) => void): StepLogger {
  const at = (level: NonNullable<LogLine['level']>) => (message: string) =>
    write({ time: new Date().toISOString(), stream: 'log', level, text: String(message) });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

const maximumMetadataBytes = 64 * 1024;

/** A copy is kept: what the step does to its object later changes nothing. */
function addMetadata(metadata: Record<string, unknown>, facts: JsonObject): void {
  const next = { ...metadata, ...facts };
  const text = JSON.stringify(next);
  if (text.length > maximumMetadataBytes) {
    throw new RangeError(
      `The metadata of a step takes at most ${maximumMetadataBytes} bytes as JSON; return larger data as an output.`,
    );
  }
  Object.assign(metadata, JSON.parse(text));
}

async function loadInputs(
  request: StepRequest,
  pipeline: CompiledPipeline,
  store: ArtifactStore,
  options: LoadOptions,
): Promise<Record<string, unknown>> {
  const load = async ([name, stored]: [string, StoredArtifact]): Promise<[string, unknown]> => {
    const materializer = findMaterializer(request, pipeline, name, stored);
    return [name, await loadArtifact(store, stored, materializer, options)];
  };
  return Object.fromEntries(await Promise.all(Object.entries(request.inputs).map(load)));
}

/** A built-in one, or the user's own as the step that produced the artifact declares it. */
function findMaterializer(
  { node }: StepRequest,
  { definitions }: CompiledPipeline,
  input: string,
  { materializer: wanted }: StoredArtifact,
): Materializer<unknown> {
  const source = node.inputs[input];
  const declared = source === undefined ? undefined : definitions.get(source.node)?.outputs?.[source.output];
  if (declared !== undefined && isMaterializer(declared) && declared.id === wanted.id) {
    if (wanted.version <= declared.version) return declared;
  }
  const builtIn = findBuiltInMaterializer(wanted);
  if (builtIn === undefined) throw new MaterializerMissingError(node.step, input, wanted);
  return builtIn;
}

async function saveOutputs(
  { node, outputPrefix }: StepRequest,
  { outputs: declared = {} }: StepDefinition,
  returned: unknown,
  store: ArtifactStore,
  signal: AbortSignal,
): Promise<StepResult['outputs']> {
  const values = node.singleOutput ? { [singleOutput]: returned } : returned;
  const prefix = `${outputPrefix}${randomUUID().slice(-10)}.`;
  const saved: Record<string, StoredArtifact> = {};
  for (const output of Object.keys(node.outputs)) {
    if (typeof values !== 'object' || values === null || !(output in values)) {
      throw new OutputMissingError(node.step, output);
    }
    const value = (values as Record<string, unknown>)[output];
    const spec = declared[output];
    const key = `${prefix}${keySegment(output)}`;
    const subject = `The output "${output}" of step "${node.step}"`;
    if (spec !== undefined && isMaterializer(spec)) {
      saved[output] = await saveArtifact(store, key, spec, value, { signal, subject });
    } else {
      const checked = spec === undefined ? value : await checkOutput(node.step, output, spec, value);
      saved[output] = await saveArtifact(store, key, chooseMaterializer(checked), checked, { signal, subject });
    }
  }
  return saved;
}

async function checkOutput(
  step: string,
  output: string,
  schema: NonNullable<StepDefinition['params']>,
  value: unknown,
): Promise<unknown> {
  const result = await schema.safeParseAsync(value);
  if (result.success) return result.data;
  throw new OutputInvalidError(step, output, result.error.issues);
}
