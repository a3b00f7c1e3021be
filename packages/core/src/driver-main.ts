/** The program of a background driver: drives a recorded run. What it prints goes to the file that its run's description names. */
import { MlstackError } from './errors/mlstack-error.ts';
import { openProject } from './project/project.ts';
import { parseDriverArguments } from './run/driver-command.ts';
import { driveRecordedRun } from './run/resume-run.ts';

const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => abort.abort(new DOMException(`The driver was told to end by ${signal}.`, 'AbortError')));
}

const { projectDirectory, stack, runId, host } = parseDriverArguments(process.argv);
const project = openProject({ directory: projectDirectory, stack, ...(host === undefined ? {} : { host }) });
try {
  const { state } = await driveRecordedRun(project, runId, {
    signal: abort.signal,
    onEvent: (event) => console.log(JSON.stringify({ time: new Date().toISOString(), ...event })),
  });
  process.exitCode = state === 'completed' ? 0 : 1;
} catch (error) {
  console.error(MlstackError.is(error) ? `${error.message}\n${error.hint ?? ''}` : error);
  process.exitCode = 1;
  const { failPendingRun } = await import('./run/fail-pending-run.ts');
  await failPendingRun(project, runId, error).catch((again: unknown) => console.error(again));
}
