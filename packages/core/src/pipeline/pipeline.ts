import type { z } from 'zod';
import { isName } from '../name.ts';
import { PipelineDefinitionError } from './pipeline-errors.ts';
import type { FailureMode, StepSettings } from './plan.ts';

const marker: unique symbol = Symbol.for('mlstack.pipeline') as never;

export interface PipelineOptions<Params extends z.ZodType> {
  /** Parameters of the pipeline itself: what `describe` is given. Set on the command line with `--param name=value`. */
  readonly params?: Params;
  /** What the failure of a step means for the others. Default `continue`. */
  readonly failureMode?: FailureMode;
  /** Settings that its steps have where they say nothing else. */
  readonly steps?: StepSettings;
  /** As the `assets` of a step, for all steps that are made in this module and those it imports. */
  readonly assets?: readonly string[];
}

/** A pipeline. Running it is the command line's part: `mlstack run file.ts`. */
export interface Pipeline {
  readonly pipelineName: string;
  readonly options: PipelineOptions<z.ZodType>;
  readonly describe: (params: unknown) => unknown;
}

/**
 * Describes a pipeline: `describe` calls steps and wires what they return. It runs when the pipeline is compiled, does no work of
 * its own and must not be async.
 *
 * ```ts
 * export default pipeline('digits', () => {
 *   const { train, test } = loadDigits();
 *   return evaluate({ model: trainModel({ train }), test });
 * });
 * ```
 */
export function pipeline(name: string, describe: () => unknown): Pipeline;
export function pipeline<Params extends z.ZodType>(
  name: string,
  options: PipelineOptions<Params>,
  describe: (params: z.output<Params>) => unknown,
): Pipeline;
export function pipeline(name: string, ...rest: readonly unknown[]): Pipeline {
  const describe = rest.at(-1);
  if (typeof name !== 'string' || !isName(name))
    throw new PipelineDefinitionError(
      name,
      'its name must begin with a letter and have letters, digits, `_` and `-` only, at most 63',
    );
  if (typeof describe !== 'function') throw new PipelineDefinitionError(name, 'it has no function that describes it');
  const options = rest.length > 1 ? (rest[0] as PipelineOptions<z.ZodType>) : {};
  return Object.defineProperty({ pipelineName: name, options, describe: describe as Pipeline['describe'] }, marker, {
    value: true,
  });
}

export function isPipeline(value: unknown): value is Pipeline {
  return typeof value === 'object' && value !== null && marker in value;
}
