import type { MaterializerReference } from '../artifact/artifact-record.ts';
import type { Materializer } from '../artifact/materializer.ts';
import type { StepFingerprint } from '../bundle/bundle-manifest.ts';
import type { Issue } from '../errors/issue.ts';
import { ValidationError } from '../errors/issue.ts';
import type { JsonValue } from '../json-value.ts';
import { nearestName } from '../nearest-name.ts';
import { isArtifactHandle } from './artifact-handle.ts';
import type { Pipeline } from './pipeline.ts';
import { PipelineDefinitionError } from './pipeline-errors.ts';
import type { RecordedCall } from './pipeline-recording.ts';
import { recordWith } from './pipeline-recording.ts';
import type { OutputReference, Plan, PlannedOutput, RunConfiguration, StepNode, StepSettings } from './plan.ts';
import type { StepDefinition } from './step.ts';
import { singleOutput } from './step.ts';
import { validateStepSettings } from './validate-step-settings.ts';

/** By the site of a `step({…})` call. */
export type StepFingerprints = Readonly<Record<string, StepFingerprint>>;

export interface CompileOptions {
  readonly export: string;
  readonly codeDigest: string;
  readonly configuration?: RunConfiguration;
  readonly fingerprints: StepFingerprints;
}

export interface CompiledPipeline {
  readonly plan: Plan;
  readonly definitions: ReadonlyMap<string, StepDefinition>;
}

/**
 * Turns a pipeline into a plan. The same pipeline, configuration and code give the same plan, on every machine. Fails with
 * `ValidationError`, all issues at once.
 */
export function compilePipeline(
  pipeline: Pipeline,
  { export: exportName, codeDigest, configuration = {}, fingerprints }: CompileOptions,
): CompiledPipeline {
  const issues: Issue[] = [];
  const params = parseParams(
    pipeline.options.params,
    configuration.params ?? {},
    textsOf(configuration, undefined),
    ['params'],
    issues,
  );
  if (issues.length > 0) throw new ValidationError(`Pipeline "${pipeline.pipelineName}"`, issues);
  const calls = collectCalls(pipeline, params);
  checkConfiguredSteps(calls, configuration, issues);
  const nodes: StepNode[] = [];
  const definitions = new Map<string, StepDefinition>();
  for (const [id, call] of calls) {
    nodes.push(planNode(id, call, pipeline, configuration, fingerprints, calls, issues));
    definitions.set(id, call.definition);
  }
  if (issues.length > 0) throw new ValidationError(`Pipeline "${pipeline.pipelineName}"`, issues);
  const plan: Plan = {
    formatVersion: 1,
    pipeline: pipeline.pipelineName,
    export: exportName,
    codeDigest,
    failureMode: configuration.failureMode ?? pipeline.options.failureMode ?? 'continue',
    params: params as JsonValue,
    nodes,
  };
  return { plan, definitions };
}

function collectCalls(pipeline: Pipeline, params: unknown): ReadonlyMap<string, RecordedCall> {
  const calls = new Map<string, RecordedCall>();
  const used = new Map<string, number>();
  const addCall = (call: RecordedCall): string => {
    const { name } = call.definition;
    let count = used.get(name) ?? 0;
    let id: string;
    do {
      count++;
      id = count === 1 ? name : `${name}_${count}`;
    } while (calls.has(id));
    used.set(name, count);
    calls.set(id, call);
    return id;
  };
  const result = recordWith({ addCall }, () => pipeline.describe(params));
  if (typeof (result as { then?: unknown } | undefined)?.then === 'function') {
    (result as Promise<unknown>).then(undefined, () => {});
    throw new PipelineDefinitionError(
      pipeline.pipelineName,
      'its description is async',
      'Do what waits inside a step.',
    );
  }
  if (calls.size === 0)
    throw new PipelineDefinitionError(
      pipeline.pipelineName,
      'its description calls no step',
      'Call at least one step in it.',
    );
  return calls;
}

function planNode(
  id: string,
  { definition, inputs, options }: RecordedCall,
  pipeline: Pipeline,
  configuration: RunConfiguration,
  fingerprints: StepFingerprints,
  calls: ReadonlyMap<string, RecordedCall>,
  issues: Issue[],
): StepNode {
  const { params: callParams, after = [], ...callSettings } = options;
  const configured = [
    configuration.steps?.[definition.name],
    id === definition.name ? undefined : configuration.steps?.[id],
  ];
  const settings = mergeSettings([
    pipeline.options.steps,
    settingsOf(definition),
    callSettings,
    ...configured.map((one) => one?.settings),
    configuration.cache === undefined ? undefined : { cache: configuration.cache },
  ]);
  issues.push(...validateStepSettings(settings).map((issue) => ({ ...issue, path: [id, 'settings', ...issue.path] })));
  const given = Object.assign({}, callParams, ...configured.map((one) => one?.params ?? {}));
  const texts = { ...textsOf(configuration, definition.name), ...textsOf(configuration, id) };
  const params = parseParams(definition.params, given, texts, [id, 'params'], issues);
  return {
    kind: 'step',
    id,
    step: definition.name,
    inputs: Object.fromEntries(
      Object.entries(inputs)
        .filter(([, handle]) => handle !== undefined)
        .map(([name, handle]) => [name, referenceOf(handle, calls, [id, 'inputs', name], issues)]),
    ),
    after: after.map((handle, index) => referenceOf(handle, calls, [id, 'after', index], issues).node),
    params: params as JsonValue,
    outputs: plannedOutputs(definition),
    singleOutput: definition.outputs === undefined,
    settings,
    fingerprint: fingerprintOf(definition, settings, fingerprints),
    hooks: (['onSuccess', 'onFailure'] as const).filter((hook) => definition[hook] !== undefined),
  };
}

function referenceOf(
  handle: unknown,
  calls: ReadonlyMap<string, RecordedCall>,
  path: readonly (string | number)[],
  issues: Issue[],
): OutputReference {
  if (!isArtifactHandle(handle)) {
    issues.push({
      path,
      message: 'is not an output of a step',
      hint: 'Pass what another step of this pipeline returned; plain values are parameters.',
    });
    return { node: '', output: '' };
  }
  if (!calls.has(handle.node))
    issues.push({ path, message: `comes from "${handle.node}", which is no step of this pipeline` });
  return { node: handle.node, output: handle.output };
}

function settingsOf({
  name: _name,
  params: _params,
  outputs: _outputs,
  run: _run,
  onSuccess: _onSuccess,
  onFailure: _onFailure,
  site: _site,
  ...settings
}: StepDefinition): StepSettings {
  return settings;
}

function mergeSettings(layers: readonly (StepSettings | undefined)[]): StepSettings {
  const vendor = Object.assign({}, ...layers.map((layer) => layer?.vendor ?? {}));
  const merged = Object.assign({}, ...layers) as StepSettings;
  const entries = Object.entries({ ...merged, vendor: Object.keys(vendor).length > 0 ? vendor : undefined });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as StepSettings;
}

/** Texts of the parameters of one step, or of the pipeline itself, by key. */
function textsOf({ paramTexts = {} }: RunConfiguration, step: string | undefined): Readonly<Record<string, string>> {
  const prefix = step === undefined ? '' : `${step}.`;
  const own = Object.entries(paramTexts).filter(([name]) =>
    step === undefined ? !name.includes('.') : name.startsWith(prefix),
  );
  return Object.fromEntries(own.map(([name, text]) => [name.slice(prefix.length), text]));
}

/** What a text is as JSON, or the text itself. */
function readText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function parseParams(
  schema: StepDefinition['params'],
  values: object,
  texts: Readonly<Record<string, string>>,
  path: readonly (string | number)[],
  issues: Issue[],
): unknown {
  const given: Record<string, unknown> = {
    ...values,
    ...Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, readText(text)])),
  };
  if (schema === undefined) {
    for (const name of Object.keys(given))
      issues.push({
        path: [...path, name],
        message: 'there are no parameters here',
        hint: 'Remove it, or give the step a `params` schema.',
      });
    return {};
  }
  const unknown = unknownKeys(schema, given);
  for (const [name, nearest] of unknown)
    issues.push({
      path: [...path, name],
      message: `is no parameter${nearest === undefined ? '' : `; did you mean "${nearest}"?`}`,
    });
  let parsed = schema.safeParse(given);
  const refused = parsed.success
    ? []
    : parsed.error.issues.map((issue) => String(issue.path[0])).filter((key) => Object.hasOwn(texts, key));
  if (refused.length > 0)
    parsed = schema.safeParse({ ...given, ...Object.fromEntries(refused.map((key) => [key, texts[key]])) });
  if (!parsed.success) {
    issues.push(
      ...parsed.error.issues.map((issue) => ({
        path: [...path, ...(issue.path as (string | number)[])],
        message: issue.message,
      })),
    );
    return {};
  }
  const place = jsonProblem(parsed.data, []);
  if (place !== undefined)
    issues.push({
      path: [...path, ...place],
      message: 'is not JSON',
      hint: 'Parameters are kept in the plan: use strings, numbers, booleans, lists and objects.',
    });
  return parsed.data;
}

function unknownKeys(schema: unknown, given: object): readonly (readonly [string, string | undefined])[] {
  const shape = (schema as { shape?: Record<string, unknown> }).shape;
  const catchall = (schema as { _zod?: { def?: { catchall?: unknown } } })._zod?.def?.catchall;
  if (shape === undefined || catchall !== undefined) return [];
  return Object.keys(given)
    .filter((name) => !(name in shape))
    .map((name) => [name, nearestName(name, Object.keys(shape))]);
}

/** Path of the first part that JSON cannot say. */
function jsonProblem(value: unknown, path: readonly (string | number)[]): readonly (string | number)[] | undefined {
  if (value === null || value === undefined || typeof value === 'string' || typeof value === 'boolean')
    return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : path;
  if (Array.isArray(value)) return firstOf(value.entries(), path);
  if (typeof value === 'object' && [Object.prototype, null].includes(Object.getPrototypeOf(value)))
    return firstOf(Object.entries(value), path);
  return path;
}

function firstOf(
  entries: Iterable<[string | number, unknown]>,
  path: readonly (string | number)[],
): readonly (string | number)[] | undefined {
  for (const [key, value] of entries) {
    const problem = jsonProblem(value, [...path, key]);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function plannedOutputs({ outputs }: StepDefinition): Readonly<Record<string, PlannedOutput>> {
  if (outputs === undefined) return { [singleOutput]: {} };
  return Object.fromEntries(
    Object.entries(outputs).map(([name, spec]) => [
      name,
      isMaterializer(spec) ? { materializer: materializerReference(spec) } : {},
    ]),
  );
}

/** A schema of zod has a `safeParse`, a materializer has a `save`. */
export function isMaterializer(spec: unknown): spec is Materializer<unknown> {
  return typeof (spec as { save?: unknown }).save === 'function';
}

function materializerReference({ id, version }: MaterializerReference): MaterializerReference {
  return { id, version };
}

function fingerprintOf(
  { site, name }: StepDefinition,
  { cacheKey }: StepSettings,
  fingerprints: StepFingerprints,
): StepNode['fingerprint'] {
  if (cacheKey !== undefined) return { sha256: `key:${cacheKey}`, parts: { 'own cacheKey': cacheKey } };
  if (site === undefined)
    return { uncached: `the step "${name}" is made inside a function; give it a cacheKey to have it cached` };
  return fingerprints[site] ?? { uncached: `the code of the step "${name}" was not analysed` };
}

function checkConfiguredSteps(
  calls: ReadonlyMap<string, RecordedCall>,
  { steps = {}, paramTexts = {} }: RunConfiguration,
  issues: Issue[],
): void {
  const known = new Set([...calls].flatMap(([id, { definition }]) => [id, definition.name]));
  const named = [
    ...Object.keys(steps),
    ...Object.keys(paramTexts).flatMap((name) => (name.includes('.') ? [name.slice(0, name.indexOf('.'))] : [])),
  ];
  for (const name of new Set(named)) {
    if (known.has(name)) continue;
    const nearest = nearestName(name, [...known]);
    issues.push({
      path: ['steps', name],
      message: `is no step of this pipeline${nearest === undefined ? '' : `; did you mean "${nearest}"?`}`,
    });
  }
}
