import type { ComponentTypeDescription } from '@mlstack/core/project';
import { removeComponentAttributes } from '@mlstack/core/project';
import { requiredArgument } from '../command/arguments.ts';
import { takeConfigKeys } from '../command/config-arguments.ts';
import { MlstackCommand } from '../command/mlstack-command.ts';
import { UsageError } from '../command/usage-error.ts';
import { successLine } from '../output/report-success.ts';

export default ({ type, title }: ComponentTypeDescription) =>
  class ComponentRemoveAttribute extends MlstackCommand {
    static override description =
      'Write each field as a flag without a value; nested fields with dots. Their defaults hold from then on.';
    static override usage = `${type} remove-attribute NAME --FIELD…`;
    static override args = { name: requiredArgument(title) };
    static override completions = { name: 'components' as const };

    async run() {
      const { keys, rest } = takeConfigKeys(this.argv, ComponentRemoveAttribute);
      const { args, flags } = await this.parse(ComponentRemoveAttribute, rest);
      if (keys.length === 0) throw new UsageError('No field is named.', { hint: 'Name one, as in --FIELD.' });
      const component = await removeComponentAttributes(this.openProject(flags), type, args.name, keys);
      this.log(successLine(`${title} "${component.name}" has ${keys.join(', ')} no more.`));
      return { component: { type, name: component.name, id: component.id, flavor: component.flavor }, removed: keys };
    }
  };
