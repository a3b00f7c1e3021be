import type { ComponentType } from '../component/component-types.ts';
import { componentTypes, describeComponentType } from '../component/component-types.ts';
import type { Issue } from '../errors/issue.ts';
import { MlstackError } from '../errors/mlstack-error.ts';
import { validateComponentConfig } from '../flavor/component-config.ts';
import type { Flavor } from '../flavor/define-flavor.ts';
import { quoteText } from '../name.ts';
import { suggestName } from '../nearest-name.ts';
import type { Project } from '../project/project.ts';
import type { RegisteredComponent, RegisteredStack, RegistryDocument } from '../project/registry-document.ts';
import { findComponent, requireChosenStack } from '../project/registry-lookup.ts';
import type { ComponentView, StackView } from './stack-rules.ts';

export interface StackValidation {
  readonly name: string;
  readonly valid: boolean;
  /** Everything that is wrong; each path begins with a component type. */
  readonly issues: readonly Issue[];
}

/** Checks a stack by every rule of every component. Builds nothing, reaches nothing, changes nothing. */
export async function validateStack(project: Project, name?: string): Promise<StackValidation> {
  const document = project.registry.read();
  const stack = requireChosenStack(project, document, name);
  const issues = await findStackIssues(project, document, stack);
  return { name: stack.name, valid: issues.length === 0, issues };
}

/** All that is wrong with a stack as it is in `document`, which need not be what is stored. */
export async function findStackIssues(
  project: Project,
  document: RegistryDocument,
  stack: RegisteredStack,
): Promise<Issue[]> {
  const issues = findMissingTypes(stack);
  const flavors: Flavor[] = [];
  const views: Partial<Record<ComponentType, ComponentView>> = {};
  for (const [type, name] of Object.entries(stack.components) as [ComponentType, string][]) {
    const component = findComponent(document, type, name);
    if (component === undefined) {
      issues.push(missingComponent(document, type, name));
      continue;
    }
    try {
      const flavor = await project.flavors.load(type, component.flavor);
      flavors.push(flavor);
      views[type] = viewOf(component, flavor);
      const found = await validateComponentConfig(flavor, component.config);
      issues.push(...found.map((issue) => ({ ...issue, path: [type, ...issue.path] })));
    } catch (error) {
      if (!MlstackError.is(error)) throw error;
      issues.push({ path: [type], message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) });
    }
  }
  const view: StackView = { name: stack.name, components: views };
  for (const flavor of flavors) {
    for (const rule of flavor.stackRules) issues.push(...rule(view));
  }
  return issues;
}

/** Issues of `after` that `before` did not have: a change may leave what was wrong already, and make nothing worse. */
export function newIssues(before: readonly Issue[], after: readonly Issue[]): Issue[] {
  const known = new Set(before.map(issueKey));
  return after.filter((issue) => !known.has(issueKey(issue)));
}

function issueKey({ path, message }: Issue): string {
  return JSON.stringify([path, message]);
}

function findMissingTypes({ components }: RegisteredStack): Issue[] {
  return componentTypes
    .filter(({ type, required }) => required && components[type] === undefined)
    .map(({ type, title, flag }) => ({
      path: [type],
      message: `a stack needs one ${title.toLowerCase()}`,
      hint: `Name one with -${flag} or --${type}.`,
    }));
}

function missingComponent(document: RegistryDocument, type: ComponentType, name: string): Issue {
  const known = document.components.filter((component) => component.type === type).map((component) => component.name);
  return {
    path: [type],
    message: `there is no ${describeComponentType(type).title.toLowerCase()} ${quoteText(name)}`,
    hint: suggestName(name, known) ?? `Register it with \`mlstack ${type} register\`.`,
  };
}

function viewOf({ name, flavor, config }: RegisteredComponent, { capabilities }: Flavor): ComponentView {
  return { name, flavor, config, capabilities };
}
