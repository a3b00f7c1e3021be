import type { ComponentType } from '../component/component-types.ts';
import type { ComponentDescription } from '../component/describe-component.ts';
import { describeRegisteredComponent } from '../component/describe-component.ts';
import type { Issue } from '../errors/issue.ts';
import type { Project } from '../project/project.ts';
import { findComponent, isSameName, requireChosenStack } from '../project/registry-lookup.ts';
import { findStackIssues } from './validate-stack.ts';

export interface StackDescription {
  readonly name: string;
  readonly active: boolean;
  /** One that was deleted by hand has its type and name alone. */
  readonly components: readonly (ComponentDescription | { readonly type: ComponentType; readonly name: string })[];
  readonly issues: readonly Issue[];
}

export async function describeStack(project: Project, name?: string): Promise<StackDescription> {
  const document = project.registry.read();
  const stack = requireChosenStack(project, document, name);
  const components: StackDescription['components'][number][] = [];
  for (const [type, componentName] of Object.entries(stack.components) as [ComponentType, string][]) {
    const component = findComponent(document, type, componentName);
    components.push(
      component === undefined
        ? { type, name: componentName }
        : await describeRegisteredComponent(project, document, component),
    );
  }
  return {
    name: stack.name,
    active: isSameName(stack.name, document.activeStack),
    components,
    issues: await findStackIssues(project, document, stack),
  };
}
