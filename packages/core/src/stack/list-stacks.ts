import type { Project } from '../project/project.ts';
import type { StackComponents } from '../project/registry-document.ts';
import { isSameName, requireChosenStack } from '../project/registry-lookup.ts';

export interface StackSummary {
  readonly name: string;
  readonly active: boolean;
  readonly components: StackComponents;
}

/** In the order in which they were registered. */
export function listStacks(project: Project): StackSummary[] {
  const { stacks, activeStack } = project.registry.read();
  return stacks.map((stack) => ({
    name: stack.name,
    active: isSameName(stack.name, activeStack),
    components: stack.components,
  }));
}

/** The stack that commands use: the chosen one, else the active one. */
export function getActiveStack(project: Project): StackSummary {
  const document = project.registry.read();
  const { name, components } = requireChosenStack(project, document);
  return { name, active: isSameName(name, document.activeStack), components };
}
