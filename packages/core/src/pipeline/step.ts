import type { z } from 'zod';
import type { Materializer } from '../artifact/materializer.ts';
import { isMaterializer } from '../artifact/materializer.ts';
import { isName, nameKey, quoteText } from '../name.ts';
import type { HookContext, StepContext } from '../run/step-context.ts';
import type { ArtifactHandle } from './artifact-handle.ts';
import { createArtifactHandle } from './artifact-handle.ts';
import { StepDefinitionError, StepOutsidePipelineError } from './pipeline-errors.ts';
import { currentRecording } from './pipeline-recording.ts';
import type { StepSettings } from './plan.ts';

/** What a step declares of one output: a schema, for a value that a built-in materializer stores, or a materializer. */
export type OutputDeclaration = z.ZodType | Materializer<unknown>;
type OutputSpec = Readonly<Record<string, OutputDeclaration>>;
type OutputValue<Spec> = Spec extends z.ZodType
  ? z.output<Spec>
  : Spec extends Materializer<infer Value>
    ? Value
    : never;
type OutputValues<Spec> = { readonly [Name in keyof Spec]: OutputValue<Spec[Name]> };
/** What `run` returns: a schema's defaults and transformations are yet to come. */
type ReturnedValues<Spec> = {
  // Not `keyof Spec` itself: where a mapped type may stand for a list, TypeScript infers a tuple for the list that a step without `outputs` returns.
  readonly [Name in Extract<keyof Spec, string>]: Frozen<
    Spec[Name] extends z.ZodType ? z.input<Spec[Name]> : OutputValue<Spec[Name]>
  >;
};
/** Nothing that `run` could return. It names a text, so that texts within an object are inferred as they are and fit enums; all else is inferred as usual. */
type TextsAsTheyAre<Spec> = undefined extends Spec
  ? { readonly [name: string]: Nested; readonly [index: number]: Nothing; readonly [hint]: never }
  : never;
type Nested = '' | { readonly [name: string]: Nested } | Nothing;
type Nothing = Record<never, never> | null | undefined;
declare const hint: unique symbol;
/** A value whose lists may be readonly, as those of a constant are. */
type Frozen<Value> = unknown extends Value
  ? Value
  : Value extends Scalar | ArrayBufferView | Date | ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>
    ? Value
    : Value extends (...args: never) => unknown
      ? Value
      : { readonly [Key in keyof Value]: Frozen<Value[Key]> };
type Scalar = string | number | bigint | boolean | symbol | null | undefined;

/** Inputs as a pipeline gives them: a handle for each, optional where the step's input is optional. */
export type Wired<Inputs> = { readonly [Name in keyof Inputs]: ArtifactHandle<Exclude<Inputs[Name], undefined>> };

type NoInputs = Record<never, never>;
type NoParams = z.ZodObject<Record<never, never>>;

/** Settings that a call of a step lays over those of its definition. */
export interface CallSettings extends StepSettings {
  /** Steps that must have succeeded first though nothing of theirs is read. */
  readonly after?: readonly ArtifactHandle<unknown>[];
}
type Options<Params extends z.ZodType> =
  Record<never, never> extends z.input<Params>
    ? [options?: CallSettings & { readonly params?: z.input<Params> }]
    : [options: CallSettings & { readonly params: z.input<Params> }];
type Arguments<Inputs, Params extends z.ZodType> =
  Record<never, never> extends Inputs
    ? Record<never, never> extends z.input<Params>
      ? [inputs?: Wired<Inputs>, ...options: Options<Params>]
      : [inputs: Wired<Inputs>, ...options: Options<Params>]
    : [inputs: Wired<Inputs>, ...options: Options<Params>];

/** A step: called inside a pipeline's description it adds itself to the pipeline; `.run()` is a plain call. */
export interface Step<Inputs, Params extends z.ZodType, Value, Wiring> {
  (...args: Arguments<Inputs, Params>): Wiring;
  readonly stepName: string;
  /** Outside a pipeline, for unit tests: a plain call, with parameters and outputs checked by their schemas. */
  run(inputs: Inputs, params?: z.input<Params>): Promise<Value>;
}

/** What `run` and the hooks are erased to once the types have done their work. */
export interface StepDefinition extends StepSettings {
  readonly name: string;
  readonly params?: z.ZodType;
  readonly outputs?: OutputSpec;
  readonly assets?: readonly string[];
  readonly run: (inputs: object, context: StepContext<unknown>) => unknown;
  readonly onSuccess?: (context: HookContext) => unknown;
  readonly onFailure?: (context: HookContext) => unknown;
  /** Where the bundler found the definition; absent for a step made inside a function. */
  readonly site?: string;
}

interface Description<Inputs, Params extends z.ZodType, Value, Spec> extends StepSettings {
  /** Letters, digits, `_` and `-`; the step's id in plans, caches and records. */
  readonly name: string;
  readonly params?: Params;
  /** The outputs by name, each with a zod schema or a materializer. Without it what `run` returns is the one output. */
  readonly outputs?: Spec;
  /**
   * Files and folders beside the module that the step reads under names made up as it runs: they go where the step goes, and a change of one
   * runs the step again. Paths relative to the module, written out as texts in the call: `['./labels.csv', './images']`.
   */
  readonly assets?: readonly string[];
  run(inputs: Inputs, context: StepContext<z.output<Params>>): Value | Promise<Value> | TextsAsTheyAre<Spec>;
  /** Run after the step succeeded, somewhere else than the driver. Changes no outcome. */
  onSuccess?(context: HookContext): unknown;
  /** Run after the step failed for good. Changes no outcome. */
  onFailure?(context: HookContext): unknown;
}

/**
 * Describes a step.
 *
 * ```ts
 * export const trainModel = step({
 *   name: 'train_model',
 *   params: z.object({ epochs: z.int().positive().default(5) }),
 *   run: async ({ train }: { train: Digits }, { params, log }) => fit(train, params.epochs),
 * });
 * ```
 *
 * `outputs` names several outputs, each with a zod schema or a materializer; without it what `run` returns is the one output.
 */
export function step<
  Value extends undefined extends Spec ? unknown : ReturnedValues<Spec>,
  Inputs extends object = NoInputs,
  Params extends z.ZodType = NoParams,
  Spec extends OutputSpec | undefined = undefined,
>(
  description: Description<Inputs, Params, Value, Spec>,
): Step<
  Inputs,
  Params,
  undefined extends Spec ? Value : OutputValues<Spec>,
  undefined extends Spec
    ? ArtifactHandle<Value>
    : { readonly [Name in keyof Spec]: ArtifactHandle<OutputValue<Spec[Name]>> }
>;
/** @param site given by the bundler alone. */
export function step(description: object, site?: string): unknown {
  const definition: StepDefinition = { ...(description as StepDefinition), ...(site === undefined ? {} : { site }) };
  checkDefinition(definition);
  const call = (
    inputs: Readonly<Record<string, ArtifactHandle<unknown>>> = {},
    options: CallSettings & { readonly params?: unknown } = {},
  ) => {
    const recording = currentRecording();
    if (recording === undefined) throw new StepOutsidePipelineError(definition.name);
    const call = { definition, inputs, options };
    const node = recording.addCall(call);
    const { outputs } = definition;
    return outputs === undefined
      ? createArtifactHandle(node, singleOutput, call)
      : Object.fromEntries(Object.keys(outputs).map((output) => [output, createArtifactHandle(node, output, call)]));
  };
  return Object.assign(call, {
    stepName: definition.name,
    run: (inputs: object = {}, params: unknown = {}) => runPlainly(definition, inputs, params),
  });
}

async function runPlainly(definition: StepDefinition, inputs: object, params: unknown): Promise<unknown> {
  const parsed = definition.params === undefined ? {} : await definition.params.parseAsync(params);
  const returned = await definition.run(inputs, plainContext(definition, parsed));
  if (definition.outputs === undefined) return returned;
  const values: Record<string, unknown> = { ...(returned as object) };
  for (const [name, declaration] of Object.entries(definition.outputs))
    if (!isMaterializer(declaration)) values[name] = await declaration.parseAsync(values[name]);
  return values;
}

/** The name of the output of a step that declares none. */
export const singleOutput = 'output';

const nameRule = 'must begin with a letter and have letters, digits, `_` and `-` only, at most 63';

function checkDefinition({ name, run, outputs }: StepDefinition): void {
  if (typeof name !== 'string' || !isName(name)) throw new StepDefinitionError(name, `its name ${nameRule}`);
  if (typeof run !== 'function') throw new StepDefinitionError(name, 'it has no `run` function');
  if (outputs === undefined) return;
  const names = new Set<string>();
  for (const [output, declaration] of Object.entries(outputs)) {
    const problem = isName(output) ? findDeclarationProblem(declaration) : nameRule;
    if (problem !== undefined) throw new StepDefinitionError(name, `its output ${quoteText(output)} ${problem}`);
    if (names.has(nameKey(output)))
      throw new StepDefinitionError(name, `it has two outputs named ${quoteText(output)}, without regard to case`);
    names.add(nameKey(output));
  }
  if (names.size === 0)
    throw new StepDefinitionError(name, 'its `outputs` are empty; leave them out where nothing is returned');
}

function findDeclarationProblem(declaration: unknown): string | undefined {
  if (isMaterializer(declaration)) {
    const { id, version, load } = declaration;
    if (typeof load !== 'function') return 'has a materializer without `load`';
    if (typeof id !== 'string' || !isName(id)) return `has a materializer whose id is no name: it ${nameRule}`;
    return Number.isSafeInteger(version) && version > 0
      ? undefined
      : 'has a materializer whose version is no whole number above 0';
  }
  const isSchema = typeof (declaration as { safeParse?: unknown } | null)?.safeParse === 'function';
  return isSchema ? undefined : 'must be a zod schema or a materializer';
}

function plainContext(definition: StepDefinition, params: unknown): StepContext<unknown> {
  return {
    params,
    signal: new AbortController().signal,
    log: { debug: console.debug, info: console.info, warn: console.warn, error: console.error },
    runId: 'none',
    nodeId: definition.name,
    attempt: 1,
    metadata: () => {},
  };
}
