import { availableParallelism } from 'node:os';
import type { Launcher, LauncherContext } from '@mlstack/core/flavor';
import { parseBytes, StepOperator } from '@mlstack/core/flavor';
import { LocalLauncher } from './local-launcher.ts';

export interface LocalStepOperatorConfig {
  readonly concurrency?: number | undefined;
  readonly memory?: string | undefined;
}

/** Runs each step in a new process, which no other step has used before. */
export class LocalStepOperator extends StepOperator<LocalStepOperatorConfig> {
  async createLauncher(context: LauncherContext): Promise<Launcher> {
    const { concurrency = availableParallelism(), memory } = this.config;
    const memoryLimitBytes = memory === undefined ? undefined : parseBytes(memory);
    return new LocalLauncher(context, {
      concurrency,
      stateDirectory: this.context.stateDirectory,
      reuse: false,
      ...(memoryLimitBytes === undefined ? {} : { memoryLimitBytes }),
    });
  }
}
