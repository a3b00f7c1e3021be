import type { Project } from '../project/project.ts';
import type { LogLine } from './step-log.ts';

export interface ReadRunLogOptions {
  /** Node id. Default: all nodes, in plan order. */
  readonly node?: string;
  /** Default: the newest. */
  readonly attempt?: number;
  /** Wait for more until the run is over. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}
export interface RunLogLine extends LogLine {
  readonly nodeId: string;
  readonly attempt: number;
}

/** Fails with `RunNotFoundError` or `NodeNotFoundError` when the first line is asked for. */
export async function* readRunLog(
  _project: Project,
  _idOrName: string,
  _options: ReadRunLogOptions = {},
): AsyncGenerator<RunLogLine> {
  throw new Error('not there yet');
}
