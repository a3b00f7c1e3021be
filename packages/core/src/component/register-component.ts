import type { Issue } from '../errors/issue.ts';
import { ValidationError } from '../errors/issue.ts';
import { ComponentExistsError, componentLabel } from '../errors/stack-errors.ts';
import { fixLocations, validateComponentConfig } from '../flavor/component-config.ts';
import type { JsonObject } from '../json-value.ts';
import { validateName } from '../name.ts';
import type { Project } from '../project/project.ts';
import type { RegisteredComponent, RegistryDocument } from '../project/registry-document.ts';
import { findComponent, requireComponent } from '../project/registry-lookup.ts';
import type { ComponentType } from './component-types.ts';
import { describeComponentType } from './component-types.ts';

export interface NewComponent {
  readonly type: ComponentType;
  readonly name: string;
  readonly flavor: string;
  /** Values as the flavor's schema wants them; fields may hold `{{env.NAME}}`. */
  readonly config: JsonObject;
}

/** Registers a component. Fails, with nothing changed, with `ValidationError`, `ComponentExistsError`, `FlavorNotFoundError`, `FlavorConflictError` or `FlavorLoadError`. */
export async function registerComponent(project: Project, component: NewComponent): Promise<RegisteredComponent> {
  assertName(component.type, component.name);
  const created = { ...(await prepareComponent(project, component)), id: crypto.randomUUID() };
  await project.registry.update((document) => addComponent(document, created));
  return created;
}

/** Registers another component with the same flavor and config. */
export async function copyComponent(
  project: Project,
  type: ComponentType,
  source: string,
  name: string,
): Promise<RegisteredComponent> {
  assertName(type, name);
  const id = crypto.randomUUID();
  const document = await project.registry.update((before) =>
    addComponent(before, { ...requireComponent(before, type, source), id, name }),
  );
  return requireComponent(document, type, name);
}

/** Checks the config by the flavor's schema and gives it the form in which it is stored. */
export async function prepareComponent(project: Project, component: NewComponent): Promise<NewComponent> {
  const { type, name, flavor: flavorName, config } = component;
  const flavor = await project.flavors.load(type, flavorName);
  assertNoIssues(componentLabel(type, name), await validateComponentConfig(flavor, config));
  return { type, name, flavor: flavorName, config: await fixLocations(flavor, config) };
}

export function addComponent(document: RegistryDocument, component: RegisteredComponent): RegistryDocument {
  const taken = findComponent(document, component.type, component.name);
  if (taken !== undefined) throw new ComponentExistsError(taken.type, taken.name);
  const { id, type, name, flavor, config } = component;
  return { ...document, components: [...document.components, { id, type, name, flavor, config }] };
}

export function assertName(type: ComponentType, name: string): void {
  const { title } = describeComponentType(type);
  assertNoIssues(`The new ${title.toLowerCase()}`, validateName(`the name of a component`, name));
}

export function assertNoIssues(subject: string, issues: readonly Issue[]): void {
  if (issues.length > 0) throw new ValidationError(subject, issues);
}
