import { createHash } from 'node:crypto';
import type { MaterializerReference } from '../artifact/artifact-record.ts';
import { isMaterializer } from '../artifact/materializer.ts';
import type { StepFingerprint } from '../bundle/bundle-manifest.ts';
import type { Issue } from '../errors/issue.ts';
import { ValidationError } from '../errors/issue.ts';
import { nameKey } from '../name.ts';
import { nearestName } from '../nearest-name.ts';
import { callOf, isArtifactHandle } from './artifact-handle.ts';
import { mergeSettings } from './merge-settings.ts';
import type { Pipeline } from './pipeline.ts';
import type { RecordedCall } from './pipeline-recording.ts';
import type { OutputReference, Plan, PlannedOutput, RunConfiguration, StepNode, StepSettings } from './plan.ts';
import { recordPipeline } from './record-pipeline.ts';
import { resolveParams } from './resolve-params.ts';
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
export function compilePipeline(pipeline: Pipeline, options: CompileOptions): CompiledPipeline {
  const { export: exportName, codeDigest, configuration = {} } = options;
  const issues: Issue[] = [];
  const given = { values: configuration.params ?? {}, texts: textsOf(configuration, undefined) };
  const params = resolveParams(pipeline.options.params, given, ['params'], issues);
  if (issues.length > 0) throw new ValidationError(`Pipeline "${pipeline.pipelineName}"`, issues);
  const calls = recordPipeline(pipeline, params);
  checkConfiguredSteps(calls, configuration, issues);
  const sharedSites = checkDefinitions(calls, issues);
  checkAssets(pipeline, calls, issues);
  const nodes: StepNode[] = [];
  const definitions = new Map<string, StepDefinition>();
  for (const [id, call] of calls) {
    nodes.push(planNode(id, call, { pipeline, options, calls, sharedSites, issues }));
    definitions.set(id, call.definition);
  }
  if (issues.length > 0) throw new ValidationError(`Pipeline "${pipeline.pipelineName}"`, issues);
  const plan: Plan = {
    formatVersion: 1,
    pipeline: pipeline.pipelineName,
    export: exportName,
    codeDigest,
    failureMode: configuration.failureMode ?? pipeline.options.failureMode ?? 'continue',
    params,
    nodes,
  };
  return { plan, definitions };
}

interface Compilation {
  readonly pipeline: Pipeline;
  readonly options: CompileOptions;
  readonly calls: ReadonlyMap<string, RecordedCall>;
  readonly sharedSites: ReadonlySet<string>;
  readonly issues: Issue[];
}

function planNode(id: string, { definition, inputs, options }: RecordedCall, compilation: Compilation): StepNode {
  const { pipeline, calls, sharedSites, issues } = compilation;
  const { configuration = {} } = compilation.options;
  const { params: callParams, after = [], ...callSettings } = options;
  const configured = [
    configuration.steps?.[definition.name],
    id === definition.name ? undefined : configuration.steps?.[id],
  ];
  const settings = mergeSettings([
    pipeline.options.steps,
    settingsOf(definition),
    callSettings,
    // `cache: true` is what a run begins with, `cache: false` its last word.
    configuration.cache === true ? { cache: true } : undefined,
    ...configured.map((one) => one?.settings),
    configuration.cache === false ? { cache: false } : undefined,
  ]);
  issues.push(...validateStepSettings(settings).map((issue) => ({ ...issue, path: [id, 'settings', ...issue.path] })));
  const values = Object.assign({}, callParams, ...configured.map((one) => one?.params ?? {}));
  const texts = { ...textsOf(configuration, definition.name), ...textsOf(configuration, id) };
  const params = resolveParams(definition.params, { values, texts }, [id, 'params'], issues);
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
    params,
    outputs: plannedOutputs(definition),
    singleOutput: definition.outputs === undefined,
    settings,
    fingerprint: fingerprintOf(definition, settings, compilation.options, sharedSites),
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
  if (calls.get(handle.node) !== callOf(handle))
    issues.push({
      path,
      message: `comes from "${handle.node}" of another pipeline, or of another description of this one`,
      hint: 'Call the step in this pipeline, and keep what it returns inside the description.',
    });
  return { node: handle.node, output: handle.output };
}

function settingsOf({
  name: _name,
  params: _params,
  outputs: _outputs,
  run: _run,
  onSuccess: _onSuccess,
  onFailure: _onFailure,
  assets: _assets,
  site: _site,
  ...settings
}: StepDefinition): StepSettings {
  return settings;
}

/** Texts of the parameters of one step, or of the pipeline itself, by key. */
function textsOf({ paramTexts = {} }: RunConfiguration, step: string | undefined): Readonly<Record<string, string>> {
  const prefix = step === undefined ? '' : `${step}.`;
  const own = Object.entries(paramTexts).filter(([name]) =>
    step === undefined ? !name.includes('.') : name.startsWith(prefix),
  );
  return Object.fromEntries(own.map(([name, text]) => [name.slice(prefix.length), text]));
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

function materializerReference({ id, version }: MaterializerReference): MaterializerReference {
  return { id, version };
}

function fingerprintOf(
  { site, name }: StepDefinition,
  { cacheKey }: StepSettings,
  { fingerprints }: CompileOptions,
  sharedSites: ReadonlySet<string>,
): StepNode['fingerprint'] {
  if (cacheKey !== undefined) {
    const sha256 = createHash('sha256').update(`cacheKey ${cacheKey}`).digest('hex');
    return { sha256, parts: { cacheKey: sha256 } };
  }
  if (site === undefined || sharedSites.has(site))
    return { uncached: `the step "${name}" is made inside a function or a loop; give it a cacheKey to have it cached` };
  const found = fingerprints[site];
  if (found?.uncached !== undefined) return { uncached: `the step "${name}" ${found.uncached}` };
  return found ?? { uncached: `the code of the step "${name}" was not analysed` };
}

/** Two steps that cannot be told apart by name are an issue. Returns the sites at which more than one step was made. */
function checkDefinitions(calls: ReadonlyMap<string, RecordedCall>, issues: Issue[]): ReadonlySet<string> {
  const byName = new Map<string, StepDefinition>();
  const bySite = new Map<string, StepDefinition>();
  const sharedSites = new Set<string>();
  for (const [id, { definition }] of calls) {
    const known = byName.get(nameKey(definition.name));
    if (known === undefined) byName.set(nameKey(definition.name), definition);
    else if (known !== definition)
      issues.push({
        path: [id],
        message: `is another step than the one that is named "${known.name}" too`,
        hint: 'Give each step of a pipeline a name of its own; names that differ in case alone are the same.',
      });
    if (definition.site === undefined) continue;
    const neighbour = bySite.get(definition.site);
    if (neighbour === undefined) bySite.set(definition.site, definition);
    else if (neighbour !== definition) sharedSites.add(definition.site);
  }
  return sharedSites;
}

/** The bundler makes an address of each asset that it takes along. */
function checkAssets({ options }: Pipeline, calls: ReadonlyMap<string, RecordedCall>, issues: Issue[]): void {
  const lists: (readonly [path: readonly string[], assets: readonly string[] | undefined])[] = [
    [['assets'], options.assets],
    ...[...calls].map(([id, { definition }]) => [[id, 'assets'], definition.assets] as const),
  ];
  for (const [path, assets] of lists) {
    if (assets === undefined || (Array.isArray(assets) && assets.every((asset) => /^file:/.test(String(asset)))))
      continue;
    issues.push({
      path,
      message: 'was made up by the code, so that its files were not taken along',
      hint: "Write the list out where it stands, as in step({ name: 'load', assets: ['./data'], … }).",
    });
  }
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
