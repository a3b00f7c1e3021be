import type { Project } from '../project/project.ts';
import type { RunEvent } from './run-events.ts';
import type { ObservedRunState } from './run-record.ts';

export interface StopRunOptions {
  /** Give up waiting; the request stays. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: RunEvent) => void;
}
export interface StoppedRun {
  readonly runId: string;
  readonly name: string;
  readonly state: ObservedRunState;
  /** False where it had ended before. */
  readonly changed: boolean;
}

/** Asks the run's driver to cancel it and waits until it is over. A run without a living driver is ended from here. */
export async function stopRun(
  _project: Project,
  _idOrName: string,
  _options: StopRunOptions = {},
): Promise<StoppedRun> {
  throw new Error('not there yet');
}
