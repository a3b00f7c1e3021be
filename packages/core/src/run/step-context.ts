import type { JsonObject } from '../json-value.ts';

/** Lines that a step writes to its log beside what it prints. */
export interface StepLogger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** What a step's `run` is given beside its inputs. */
export interface StepContext<Params> {
  /** What the step's schema made of the parameters: defaults are in. */
  readonly params: Params;
  /** Aborted when the run is cancelled or the step's time is over. */
  readonly signal: AbortSignal;
  readonly log: StepLogger;
  readonly runId: string;
  /** Unique in the run: `train_model`, `train_model_2`. */
  readonly nodeId: string;
  /** From 1. */
  readonly attempt: number;
  /** Keeps a few facts with the step's record: metrics, counts. Later calls add to earlier ones. */
  metadata(facts: JsonObject): void;
}

/** What a hook is given. */
export interface HookContext extends Omit<StepContext<unknown>, 'metadata'> {
  readonly step: string;
  /** Why the step failed. Only for `onFailure`. */
  readonly failure?: string;
}
