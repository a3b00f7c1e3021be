import type { EndCause, LauncherContext } from './launcher.ts';
import type { SupervisedEnd, SupervisedStep } from './supervise-step.ts';
import type { ExecuteJob } from './worker-protocol.ts';
import { StepLogWriter } from './write-step-log.ts';

/**
 * Executes a request in this very process, for debugging: breakpoints hold, what the step prints goes where this process prints.
 * Deadline and stop are the step's abort signal and nothing else; a step that blocks or exits takes this process with it.
 */
export function superviseInProcess(
  job: ExecuteJob,
  { artifactStore, secrets }: Pick<LauncherContext, 'artifactStore' | 'secrets'>,
): SupervisedStep {
  const { timeoutMs } = job.request.node.settings;
  const abort = new AbortController();
  let forced: EndCause | undefined;
  const force = (cause: EndCause, name: string, message: string): void => {
    forced ??= cause;
    abort.abort(new DOMException(message, name));
  };
  const execute = async (): Promise<SupervisedEnd> => {
    const log = new StepLogWriter(artifactStore, job.request.outputPrefix, secrets);
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(
            () => force({ kind: 'timed-out', timeoutMs }, 'TimeoutError', 'The step took too long.'),
            timeoutMs,
          );
    const { executeStep } = await import('./execute-step.ts');
    const result = await executeStep(structuredClone(job.request), {
      bundleDirectory: job.bundleDirectory,
      artifactStoreContext: job.artifactStoreContext,
      signal: abort.signal,
      log: (line) => log.log(line),
    });
    clearTimeout(timer);
    const logChunks = await log.end();
    const isComplete = forced === undefined || (forced.kind === 'stopped' && result.outcome === 'succeeded');
    return {
      cause: isComplete || forced === undefined ? { kind: 'completed' } : forced,
      result: { ...result, logChunks },
      logChunks,
      reusable: true,
    };
  };
  return {
    end: execute(),
    stop: () => force({ kind: 'stopped' }, 'AbortError', 'The step was stopped.'),
  };
}
