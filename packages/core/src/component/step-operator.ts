import type { Launcher, LauncherContext } from '../run/launcher.ts';
import { StackComponent } from './stack-component.ts';

/** Runs those steps that ask for it (`stepOperator: true`) somewhere else than the orchestrator runs the rest. */
export abstract class StepOperator<Config extends object = object> extends StackComponent<Config> {
  abstract createLauncher(context: LauncherContext): Promise<Launcher>;
}
