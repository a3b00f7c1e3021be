import { MlstackError } from '../errors/mlstack-error.ts';
import { ComponentMissingError } from '../errors/stack-errors.ts';
import { redactComponentConfig } from '../flavor/component-config.ts';
import { describeConfigFields, loadConfigSchema } from '../flavor/config-schema.ts';
import type { Flavor } from '../flavor/define-flavor.ts';
import type { JsonObject } from '../json-value.ts';
import type { Project } from '../project/project.ts';
import type { RegisteredComponent, RegistryDocument } from '../project/registry-document.ts';
import { isSameName, requireChosenStack, requireComponent, stacksWith } from '../project/registry-lookup.ts';
import type { ComponentType } from './component-types.ts';
import { readProvisionNote } from './provision-note.ts';

export interface ComponentSummary {
  readonly type: ComponentType;
  readonly name: string;
  readonly id: string;
  readonly flavor: string;
  /** Whether the active stack uses it. */
  readonly active: boolean;
  /** Names of the stacks that use it. */
  readonly stacks: readonly string[];
}

export interface ComponentDescription extends ComponentSummary {
  /** As registered, with references; secrets in clear are replaced. */
  readonly config: JsonObject;
  /** What fields that were not set are. */
  readonly defaults: JsonObject;
  /** What `up` made for it, in the words of its flavor. Absent where that is nothing, or `down --deprovision` has been through it. */
  readonly provisioned?: readonly string[];
  /** Why its flavor cannot be loaded. */
  readonly problem?: string;
}

/** In the order in which they were registered. Loads no flavor. */
export function listComponents(project: Project, type: ComponentType): ComponentSummary[] {
  const document = project.registry.read();
  return document.components
    .filter((component) => component.type === type)
    .map((component) => summarizeComponent(document, component));
}

/** Without a name: the one of the active stack. */
export async function describeComponent(
  project: Project,
  type: ComponentType,
  name?: string,
): Promise<ComponentDescription> {
  const document = project.registry.read();
  return await describeRegisteredComponent(project, document, chooseComponent(project, document, type, name));
}

/** The one that the active stack uses, `TYPE get`. Fails with `ComponentMissingError` where it has none. */
export function getActiveComponent(project: Project, type: ComponentType): ComponentSummary {
  const document = project.registry.read();
  return summarizeComponent(document, chooseComponent(project, document, type));
}

export async function describeRegisteredComponent(
  project: Project,
  document: RegistryDocument,
  component: RegisteredComponent,
): Promise<ComponentDescription> {
  let flavor: Flavor | undefined;
  let problem: string | undefined;
  try {
    flavor = await project.flavors.load(component.type, component.flavor);
  } catch (error) {
    if (!MlstackError.is(error)) throw error;
    problem = error.message;
  }
  const fields = flavor === undefined ? [] : describeConfigFields(await loadConfigSchema(flavor));
  const defaults = fields.flatMap(({ name, default: value, sensitive }) =>
    value === undefined || sensitive || name in component.config ? [] : [[name, value]],
  );
  const provisioned = readProvisionNote(project, component.id);
  return {
    ...summarizeComponent(document, component),
    config: await redactComponentConfig(flavor, component.config),
    defaults: Object.fromEntries(defaults),
    ...(provisioned.length === 0 ? {} : { provisioned }),
    ...(problem === undefined ? {} : { problem }),
  };
}

export function chooseComponent(
  project: Project,
  document: RegistryDocument,
  type: ComponentType,
  name?: string,
): RegisteredComponent {
  if (name !== undefined) return requireComponent(document, type, name);
  const stack = requireChosenStack(project, document);
  const used = stack.components[type];
  if (used === undefined) throw new ComponentMissingError(stack.name, type);
  return requireComponent(document, type, used);
}

function summarizeComponent(document: RegistryDocument, component: RegisteredComponent): ComponentSummary {
  const { type, name, id, flavor } = component;
  const stacks = stacksWith(document, type, name);
  return {
    type,
    name,
    id,
    flavor,
    active: stacks.some((stack) => isSameName(stack.name, document.activeStack)),
    stacks: stacks.map((stack) => stack.name),
  };
}
