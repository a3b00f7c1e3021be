import type { ComponentType } from '@mlstack/core/project';
import type { Command } from '@oclif/core/command';

/** One command as lists show it. Its class is imported when it runs, and when its own help is shown. */
export interface CommandEntry {
  /** Words joined by `:`, as oclif does. */
  readonly id: string;
  /** One line. */
  readonly summary: string;
  readonly isHidden?: boolean;
  /** Of the commands that exist for each component type. */
  readonly componentType?: ComponentType;
  load(): Promise<Command.Class>;
}
