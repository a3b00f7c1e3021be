import type { LaunchEvent, Launcher } from './launcher.ts';

/** A launcher with a count of what it is running, so that it never gets more than it can use. */
export class LaunchPool {
  readonly launcher: Launcher;
  /** How many executions are under way. */
  busy = 0;

  constructor(launcher: Launcher) {
    this.launcher = launcher;
  }

  get isFree(): boolean {
    return this.busy < Math.max(1, this.launcher.concurrency);
  }

  /** Reads the launcher's events until it is closed. */
  async forward(onEvent: (event: LaunchEvent) => void): Promise<void> {
    for await (const event of this.launcher.events()) onEvent(event);
  }
}
