import type { ComponentTypeDescription } from '@mlstack/core/project';
import { explainComponentType } from '@mlstack/core/project';
import { MlstackCommand } from '../command/mlstack-command.ts';

export default ({ type }: ComponentTypeDescription) =>
  class ComponentExplain extends MlstackCommand {
    async run() {
      await this.parse(ComponentExplain);
      const explanation = explainComponentType(type);
      this.log(explanation);
      return { type, explanation };
    }
  };
