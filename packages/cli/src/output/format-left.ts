import type { ComponentType } from '@mlstack/core/project';
import { stateMark } from './state-mark.ts';

/** A component that is deleted, or will be. */
interface Left {
  readonly type: ComponentType;
  readonly name: string;
  readonly provisioned?: readonly string[];
}

/** What to know before components are deleted; empty where nothing of them stays. */
export function warnOfLeft(components: readonly Left[]): string {
  return components
    .filter(({ provisioned }) => provisioned !== undefined)
    .map(
      ({ type, name, provisioned = [] }) =>
        ` ${type} "${name}" is provisioned (${provisioned.join('; ')}), and that stays: \`mlstack ${type} down ${name} --deprovision\` removes it first.`,
    )
    .join('');
}

/** What has stayed, on a line for each component. */
export function formatLeft(components: readonly Left[]): string[] {
  return components.flatMap(({ type, name, provisioned = [] }) =>
    provisioned.length === 0
      ? []
      : [`${stateMark('warning')} What ${type} "${name}" was provisioned with stays: ${provisioned.join('; ')}`],
  );
}
