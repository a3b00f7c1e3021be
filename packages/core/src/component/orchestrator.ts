import type { Launcher, LauncherContext } from '../run/launcher.ts';
import { StackComponent } from './stack-component.ts';

/** Static facts about a flavor of orchestrator or step operator, read without its SDK. */
export interface LaunchCapabilities {
  /** Where its steps run: what they can reach decides which artifact stores fit. */
  readonly reach: 'machine' | 'network';
}

/**
 * Says where steps run and where the driver runs. Does not schedule: which step may start is the driver's to decide.
 */
export abstract class Orchestrator<Config extends object = object> extends StackComponent<Config> {
  abstract createLauncher(context: LauncherContext): Promise<Launcher>;

  /**
   * Starts a driver for a recorded run that goes on when this process ends, and resolves when it has been taken: today a
   * background process of this machine; its output goes to a file that is named in the answer.
   */
  abstract submitDriver(submission: DriverSubmission): Promise<{ readonly description: string }>;
}

export interface DriverSubmission {
  readonly runId: string;
  readonly projectDirectory: string;
  /** Program and arguments that drive this run in this machine's background. */
  readonly command: readonly [string, ...string[]];
  /** Where its output goes. */
  readonly logFile: string;
}
