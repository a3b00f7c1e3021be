import type { Project } from '../project/project.ts';
import type { RunEvent } from './run-events.ts';
import type { RunOutcome } from './run-outcome.ts';

export interface DriveRunOptions {
  readonly onEvent?: (event: RunEvent) => void;
  readonly signal?: AbortSignal;
}
export interface ResumeRunOptions extends DriveRunOptions {
  /** Go on with the code as it is on the disk now instead of the code that the run began with. */
  readonly withCurrentCode?: boolean;
}

/**
 * Goes on with a run that crashed, failed or was cancelled: with its recorded plan, stack and code. What has succeeded is not run again; what failed
 * starts over.
 */
export async function resumeRun(
  _project: Project,
  _idOrName: string,
  _options: ResumeRunOptions = {},
): Promise<RunOutcome> {
  throw new Error('not there yet');
}

/** What a background driver calls: drives a run that was recorded and that nobody drives. */
export async function driveRecordedRun(
  _project: Project,
  _runId: string,
  _options: DriveRunOptions = {},
): Promise<RunOutcome> {
  throw new Error('not there yet');
}
