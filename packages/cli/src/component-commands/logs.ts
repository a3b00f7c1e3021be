import type { ComponentTypeDescription } from '@mlstack/core/project';
import { readComponentLogs } from '@mlstack/core/project';
import * as Flags from '@oclif/core/flags';
import { abortOnSignals } from '../command/abort-on-signals.ts';
import { optionalArgument } from '../command/arguments.ts';
import { MlstackCommand } from '../command/mlstack-command.ts';

export default ({ type, title }: ComponentTypeDescription) =>
  class ComponentLogs extends MlstackCommand {
    static override args = { name: optionalArgument(`${title}; that of the active stack if left out`) };
    static override flags = { follow: Flags.boolean({ summary: 'Wait for more', char: 'F' }) };
    static override completions = { name: 'components' as const };

    async run() {
      const { args, flags } = await this.parse(ComponentLogs);
      const { signal } = abortOnSignals();
      const lines = await readComponentLogs(this.openProject(flags), type, args.name, { follow: flags.follow, signal });
      const collected: string[] = [];
      if (lines === undefined) this.log(`This ${title.toLowerCase()} writes no log.`);
      for await (const line of lines ?? []) {
        this.log(line);
        if (this.jsonEnabled()) collected.push(line);
      }
      return { lines: collected };
    }
  };
