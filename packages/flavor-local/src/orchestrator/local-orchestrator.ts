import { availableParallelism } from 'node:os';
import type { DriverSubmission, Launcher, LauncherContext } from '@mlstack/core/flavor';
import { Orchestrator, startBackgroundProcess } from '@mlstack/core/flavor';
import { InProcessLauncher } from './in-process-launcher.ts';
import { LocalLauncher } from './local-launcher.ts';

export interface LocalOrchestratorConfig {
  readonly concurrency?: number | undefined;
  readonly isolation: 'worker' | 'in-process';
}

/** Runs steps in a few warm worker processes, each of which is used again until something went wrong in it. */
export class LocalOrchestrator extends Orchestrator<LocalOrchestratorConfig> {
  async createLauncher(context: LauncherContext): Promise<Launcher> {
    if (this.config.isolation === 'in-process') return new InProcessLauncher(context);
    return new LocalLauncher(context, {
      concurrency: this.config.concurrency ?? availableParallelism(),
      stateDirectory: this.context.stateDirectory,
      reuse: true,
    });
  }

  async submitDriver({
    command,
    projectDirectory,
    logFile,
  }: DriverSubmission): Promise<{ readonly description: string }> {
    const pid = await startBackgroundProcess(command, { directory: projectDirectory, logFile });
    return { description: `process ${pid} on this machine; its output goes to ${logFile}` };
  }
}
