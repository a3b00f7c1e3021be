import type { Plan } from '../pipeline/plan.ts';
import type { Project } from '../project/project.ts';
import type { OpenStack } from '../stack/open-stack.ts';
import type { StackDrive } from './drive-on-stack.ts';
import { requireUsableStore } from './require-usable-store.ts';
import type { RunEvent } from './run-events.ts';
import type { RunOutcome } from './run-outcome.ts';
import type { RunDetail } from './run-record.ts';
import { useStack } from './use-stack.ts';
import type { WorkerProcess } from './worker-process.ts';

export interface DriveRunOptions {
  readonly onEvent?: (event: RunEvent) => void;
  readonly signal?: AbortSignal;
}
export interface ResumeRunOptions extends DriveRunOptions {
  /** Go on with the code as it is on the disk now instead of the code that the run began with. */
  readonly withCurrentCode?: boolean;
  /** What the pipeline's modules print while they are imported. */
  readonly onOutput?: (text: string) => void;
}

/**
 * Goes on with a run that crashed, failed or was cancelled: with its recorded plan, stack and code, saying where these differ from
 * what is there now. What has succeeded is not run again; what failed starts over, with all its attempts. Fails with
 * `LeaseHeldError` while somebody drives it, with `RunCompletedError` where nothing is left to do.
 */
export async function resumeRun(
  project: Project,
  idOrName: string,
  options: ResumeRunOptions = {},
): Promise<RunOutcome> {
  const { compileCurrentCode, describeChanges, requireResumable } = await import('./resume-checks.ts');
  return await driveRecorded(project, idOrName, { ...options, reopen: true }, async (run, stack) => {
    requireResumable(run);
    await requireUsableStore(project, stack);
    if (options.withCurrentCode === true) return await compileCurrentCode(project, run, stack, options);
    return { notices: await describeChanges(project, run) };
  });
}

/** What a background driver calls: drives a run that was recorded, has not ended, and that nobody drives. */
export async function driveRecordedRun(
  project: Project,
  runId: string,
  options: DriveRunOptions = {},
): Promise<RunOutcome> {
  return await driveRecorded(project, runId, { ...options, reopen: false }, async () => ({}));
}

interface Preparation {
  readonly plan?: Plan;
  readonly worker?: WorkerProcess;
  readonly notices?: readonly string[];
}

async function driveRecorded(
  project: Project,
  idOrName: string,
  { onEvent, signal, reopen }: DriveRunOptions & Pick<StackDrive, 'reopen'>,
  prepare: (run: RunDetail, stack: OpenStack) => Promise<Preparation>,
): Promise<RunOutcome> {
  const { openSnapshot } = await import('../stack/open-stack.ts');
  const { driveOnStack } = await import('./drive-on-stack.ts');
  const { requireBundle } = await import('./resume-checks.ts');
  return await useStack(project, async (current) => {
    const metadataStore = await current.component('metadata-store');
    const detail = await metadataStore.getRun(idOrName);
    const stack = openSnapshot(project, detail.record.stack);
    let worker: WorkerProcess | undefined;
    try {
      const prepared = await prepare(detail, stack);
      worker = prepared.worker;
      const { plan, notices = [] } = prepared;
      if (signal?.aborted !== true) requireBundle(project, plan ?? detail.record.plan, detail.name);
      return await driveOnStack({
        project,
        stack,
        metadataStore: await current.take('metadata-store'),
        run: detail.record,
        reopen,
        ...(plan === undefined ? {} : { plan }),
        ...(worker === undefined ? {} : { warmWorker: worker }),
        notices,
        onEvent,
        signal,
      });
    } finally {
      await worker?.close();
      await stack.close();
    }
  });
}
