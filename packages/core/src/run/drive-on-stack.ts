import { join } from 'node:path';
import type { MetadataStore } from '../component/metadata-store.ts';
import { MlstackError } from '../errors/mlstack-error.ts';
import { DriverFailedError, RunCompletedError, RunEndedError, StepOperatorMissingError } from '../errors/run-errors.ts';
import type { Plan } from '../pipeline/plan.ts';
import type { Project } from '../project/project.ts';
import { redactError } from '../secret/redact-error.ts';
import type { OpenStack } from '../stack/open-stack.ts';
import { defaultDriveTiming } from './drive-options.ts';
import { driveRun } from './drive-run.ts';
import { toErrorRecord } from './error-record.ts';
import type { Launcher, LauncherContext } from './launcher.ts';
import { currentLeaseHolder, isHolderDead } from './lease-holder.ts';
import { programFile } from './program-file.ts';
import { restoreRun } from './restore-run.ts';
import type { RunEvent } from './run-events.ts';
import type { RunOutcome } from './run-outcome.ts';
import type { Lease, NewRun } from './run-record.ts';
import type { WorkerProcess } from './worker-process.ts';

export interface StackDrive {
  readonly project: Project;
  /** Where its artifacts go and where its steps run. The caller closes it. */
  readonly stack: OpenStack;
  /** Where the run is recorded. It is closed, however the drive ends. */
  readonly metadataStore: MetadataStore;
  /** As it was read before the lease. */
  readonly run: NewRun;
  /** Where it was taken already. */
  readonly lease?: Lease;
  /** One that has failed or was cancelled is begun again. */
  readonly reopen: boolean;
  /** Takes the place of the run's plan, once the lease is held. */
  readonly plan?: Plan;
  readonly warmWorker?: WorkerProcess;
  readonly notices?: readonly string[];
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Records a run that this process drives. */
export async function recordDriven(
  metadataStore: MetadataStore,
  run: NewRun,
): Promise<{ readonly run: NewRun; readonly lease: Lease }> {
  const { leaseTtlMs: ttlMs } = defaultDriveTiming;
  return { run, lease: await metadataStore.createDrivenRun(run, currentLeaseHolder(), { ttlMs }) };
}

/**
 * Takes the run's lease, unless it is given, and drives it on from where it is then. Fails with `RunCompletedError`, or with `RunEndedError` where it is not
 * to be begun again. Leaves no process behind, and no lease but where this process dies.
 */
export async function driveOnStack(drive: StackDrive): Promise<RunOutcome> {
  const { stack, metadataStore, plan, notices = [], onEvent = () => {}, signal, warmWorker } = drive;
  const { leaseTtlMs } = defaultDriveTiming;
  const lease =
    drive.lease ??
    (await metadataStore
      .takeLease(drive.run.id, currentLeaseHolder(), { ttlMs: leaseTtlMs, isHolderDead })
      .catch(async (error: unknown) => {
        await Promise.all([warmWorker?.close(), metadataStore.close()]);
        throw error;
      }));
  const launchers = new Set<Launcher>();
  const closing: Promise<void>[] = [];
  const close = (isDue: (launcher: Launcher) => boolean) => {
    for (const launcher of [...launchers].filter(isDue)) {
      launchers.delete(launcher);
      closing.push(launcher.close().catch(() => {}));
    }
  };
  const closeAll = async () => {
    if (launchers.size + closing.length === 0) await warmWorker?.close();
    close(() => true);
    await Promise.all(closing);
  };
  const isFirst = lease.epoch === 1;
  let hasBegun = false;
  try {
    const recorded = isFirst ? drive.run : await readUnderLease(drive);
    if (plan !== undefined) await metadataStore.record(lease, [{ kind: 'plan-replaced', plan }], leaseTtlMs);
    const run = plan === undefined ? recorded : { ...recorded, plan };
    const metadataStoreId = await metadataStore.storeId();
    const context = await createLauncherContext(drive, metadataStoreId);
    const orchestrator = await (await stack.component('orchestrator')).createLauncher(context);
    launchers.add(orchestrator);
    const stepOperator = await createStepOperatorLauncher(drive, run.plan, context);
    if (stepOperator !== undefined) launchers.add(stepOperator);
    for (const message of notices) onEvent({ kind: 'notice', message });
    hasBegun = true;
    return await driveRun({
      run,
      lease,
      metadataStore,
      metadataStoreId,
      artifactStore: context.artifactStore,
      launchers: { orchestrator, ...(stepOperator === undefined ? {} : { 'step-operator': stepOperator }) },
      environment: process.env,
      onEvent,
      // Those that keep nothing for when an end is recorded need not wait for that.
      onSettled: () => close(({ release }) => release === undefined),
      ...(isFirst ? {} : { restored: await restoreRun(metadataStore, run) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    await closeAll();
    // Nothing of it has run: it has failed, where one that is left would read as crashed.
    if (isFirst && !hasBegun) {
      const failure = redactError(toErrorRecord(error), stack.secrets);
      const failed = { kind: 'run-state', state: 'failed', error: failure } as const;
      await metadataStore.record(lease, [failed], leaseTtlMs).catch(() => {});
    }
    // The next driver need not wait.
    await metadataStore.releaseLease(lease).catch(() => {});
    const isStranded = hasBegun && MlstackError.is(error) && error.kind === 'failure' && error.code !== 'LEASE_LOST';
    throw isStranded ? new DriverFailedError(drive.run.name, error) : error;
  } finally {
    await Promise.all([closeAll(), metadataStore.close()]);
  }
}

/** What other drivers have done until this lease was taken counts. */
async function readUnderLease({ metadataStore, run, reopen }: StackDrive): Promise<NewRun> {
  const { record, name, state } = await metadataStore.getRun(run.id);
  if (state === 'completed') throw new RunCompletedError(name);
  if (!reopen && (state === 'failed' || state === 'cancelled')) throw new RunEndedError(name, state);
  return record;
}

async function createLauncherContext(drive: StackDrive, metadataStoreId: string): Promise<LauncherContext> {
  const { project, stack, run, warmWorker, onEvent } = drive;
  const { stateDirectory } = project;
  const bundleDirectory = (digest: string) => join(stateDirectory, 'bundles', digest);
  const artifactStore = await stack.component('artifact-store');
  return {
    runId: run.id,
    programs: { worker: programFile('worker-main') },
    bundleDirectory,
    publishCode: async (request) => {
      const { publishCode } = await import('./publish-code.ts');
      return await publishCode(request, { metadataStoreId, artifactStore, stateDirectory, bundleDirectory });
    },
    artifactStore,
    componentContext: (componentId) => ({
      projectDirectory: project.directory,
      stateDirectory: project.componentDirectory(componentId),
    }),
    secrets: stack.secrets,
    notify: (message) => onEvent?.({ kind: 'notice', message }),
    ...(warmWorker === undefined ? {} : { warmWorker }),
  };
}

async function createStepOperatorLauncher(
  { stack }: StackDrive,
  plan: Plan,
  { warmWorker: _, ...context }: LauncherContext,
): Promise<Launcher | undefined> {
  const node = plan.nodes.find(({ settings }) => settings.stepOperator === true);
  if (node === undefined) return undefined;
  const stepOperator = await stack.component('step-operator');
  if (stepOperator === undefined) throw new StepOperatorMissingError(node.id, stack.name);
  return await stepOperator.createLauncher(context);
}
