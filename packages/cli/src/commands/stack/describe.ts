import { describeComponentType, describeStack } from '@mlstack/core/project';
import { optionalArgument } from '../../command/arguments.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { formatConfig } from '../../output/format-config.ts';
import { formatIssues } from '../../output/format-issues.ts';

export default class StackDescribe extends MlstackCommand {
  static override args = { name: optionalArgument('Stack; the active one if left out') };
  static override completions = { name: 'stacks' as const };

  async run() {
    const { args, flags } = await this.parse(StackDescribe);
    const stack = await describeStack(this.openProject(flags), args.name);
    this.log(`${stack.name}${stack.active ? '  (active)' : ''}`);
    for (const component of stack.components) {
      const flavor =
        'flavor' in component ? `${component.name}  (${component.flavor})` : `${component.name}  (missing)`;
      this.log(`\n${describeComponentType(component.type).title}: ${flavor}`);
      if ('config' in component) this.log(formatConfig(component));
    }
    if (stack.issues.length > 0) this.log(`\n${formatIssues(stack.issues)}`);
    return { stack };
  }
}
