import { setTimeout as sleep } from 'node:timers/promises';
import { MlstackError } from '../errors/mlstack-error.ts';
import type { Project } from '../project/project.ts';
import { observeRun } from './observe-run-state.ts';
import { driveRecordedRun } from './resume-run.ts';
import type { RunEvent } from './run-events.ts';
import type { ObservedRunState, RunDetail } from './run-record.ts';
import { useStack } from './use-stack.ts';

export interface StopRunOptions {
  /** Give up waiting; the request stays. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: RunEvent) => void;
}
export interface StoppedRun {
  readonly id: string;
  readonly name: string;
  readonly state: ObservedRunState;
  /** False where it had ended before. */
  readonly changed: boolean;
}

const pollMs = 200;

/** Asks the run's driver to cancel it and waits until it is over. A run without a living driver is ended from here. */
export async function stopRun(
  project: Project,
  idOrName: string,
  { signal, onEvent }: StopRunOptions = {},
): Promise<StoppedRun> {
  return await useStack(project, async (stack) => {
    const metadataStore = await stack.component('metadata-store');
    const { isHolderDead } = await import('./lease-holder.ts');
    const isDriven = ({ state, lease }: RunDetail) =>
      state === 'running' && lease !== undefined && !isHolderDead(lease);
    let run = await metadataStore.getRun(idOrName);
    if (isOver(run.state)) return describe(run, false);
    let asked: number | undefined;
    while (!isOver(run.state)) {
      if (!isDriven(run)) await endFromHere(project, run.id, onEvent);
      else {
        // Whoever takes over was not asked.
        if (run.lease?.epoch !== asked) await metadataStore.appendRequest(run.id, 'stop');
        asked = run.lease?.epoch;
        await waitALittle(signal);
      }
      run = observeRun(await metadataStore.getRun(run.id));
      if (signal?.aborted === true) break;
    }
    return describe(run, true);
  });
}

/** Other commands may be faster: to drive it, which is then asked, or to end it. */
const overtaken: readonly string[] = ['RUN_IS_DRIVEN', 'RUN_IS_COMPLETED', 'RUN_HAS_ENDED'];

/** Takes the run over with a signal that is aborted: what still runs is stopped, nothing is launched. */
async function endFromHere(project: Project, runId: string, onEvent: StopRunOptions['onEvent']): Promise<void> {
  try {
    const signal = AbortSignal.abort();
    await driveRecordedRun(project, runId, { signal, ...(onEvent === undefined ? {} : { onEvent }) });
  } catch (error) {
    if (!MlstackError.is(error) || !overtaken.includes(error.code)) throw error;
  }
}

async function waitALittle(signal: AbortSignal | undefined): Promise<void> {
  await sleep(pollMs, undefined, signal === undefined ? {} : { signal }).catch(() => {});
}

function isOver(state: ObservedRunState): boolean {
  return state === 'completed' || state === 'failed' || state === 'cancelled';
}

function describe({ id, name, state }: RunDetail, changed: boolean): StoppedRun {
  return { id, name, state, changed };
}
