import { ValidationError } from '../errors/issue.ts';
import { ComponentExistsError, ComponentInUseError, componentLabel } from '../errors/stack-errors.ts';
import type { JsonObject, JsonValue } from '../json-value.ts';
import { suggestName } from '../nearest-name.ts';
import type { Project } from '../project/project.ts';
import type { RegisteredComponent, RegistryDocument } from '../project/registry-document.ts';
import { findComponent, isSameName, requireComponent, stacksWith } from '../project/registry-lookup.ts';
import { findStackIssues, newIssues } from '../stack/validate-stack.ts';
import { assertLocationsFree } from './component-locations.ts';
import type { ComponentType } from './component-types.ts';
import type { DeletedComponent } from './deleted-component.ts';
import { describeDeleted } from './deleted-component.ts';
import { assertName, prepareComponent } from './register-component.ts';

/**
 * Lays `changes` over a component's config, object by object. Checked by the flavor's schema and by the rules of each stack that uses it;
 * fields that say where data lies are refused with `LocationInUseError` while records point there.
 */
export async function updateComponent(
  project: Project,
  type: ComponentType,
  name: string,
  changes: JsonObject,
): Promise<RegisteredComponent> {
  return await changeConfig(project, type, name, (config) => mergeConfig(config, changes));
}

/** Takes fields out of a config, so that their defaults hold. @param keys with dots for nested fields. */
export async function removeComponentAttributes(
  project: Project,
  type: ComponentType,
  name: string,
  keys: readonly string[],
): Promise<RegisteredComponent> {
  return await changeConfig(project, type, name, (config) => {
    const unset = keys.filter((key) => !hasPath(config, key.split('.')));
    if (unset.length > 0) {
      const set = Object.keys(config);
      throw new ValidationError(
        componentLabel(type, name),
        unset.map((key) => {
          const hint = suggestName(key, set);
          return { path: [key.slice(0, 60)], message: 'is not set', ...(hint === undefined ? {} : { hint }) };
        }),
      );
    }
    return keys.reduce((rest, key) => withoutPath(rest, key.split('.')), config);
  });
}

/** The component keeps its id, so what was recorded stays with it; stacks follow. */
export async function renameComponent(
  project: Project,
  type: ComponentType,
  name: string,
  newName: string,
): Promise<RegisteredComponent> {
  assertName(type, newName);
  const after = await project.registry.update((document) => {
    const component = requireComponent(document, type, name);
    const taken = findComponent(document, type, newName);
    if (taken !== undefined && taken.id !== component.id) throw new ComponentExistsError(type, newName);
    return {
      ...replaceComponent(document, { ...component, name: newName }),
      stacks: document.stacks.map((stack) => {
        const used = stack.components[type];
        return used !== undefined && isSameName(used, name)
          ? { ...stack, components: { ...stack.components, [type]: newName } }
          : stack;
      }),
    };
  });
  return requireComponent(after, type, newName);
}

/** Refused with `ComponentInUseError` while a stack uses it. What it keeps (files, records) and what it has provisioned is not touched. */
export async function deleteComponent(project: Project, type: ComponentType, name: string): Promise<DeletedComponent> {
  let deleted: DeletedComponent = { type, name };
  await project.registry.update((document) => {
    const component = requireComponent(document, type, name);
    const stacks = stacksWith(document, type, name).map((stack) => stack.name);
    if (stacks.length > 0) throw new ComponentInUseError(type, component.name, stacks);
    deleted = describeDeleted(project, component);
    return { ...document, components: document.components.filter(({ id }) => id !== component.id) };
  });
  return deleted;
}

/** Puts `changed` in the place of the component with its id; refused where a stack that uses it would become invalid by it. */
export async function changeComponent(
  project: Project,
  document: RegistryDocument,
  changed: RegisteredComponent,
): Promise<RegistryDocument> {
  const before = document.components.find(({ id }) => id === changed.id) as RegisteredComponent;
  const prepared = { ...changed, ...(await prepareComponent(project, changed)) };
  const after = replaceComponent(document, prepared);
  for (const stack of stacksWith(document, before.type, before.name)) {
    const issues = newIssues(
      await findStackIssues(project, document, stack),
      await findStackIssues(project, after, stack),
    );
    if (issues.length > 0) {
      throw new ValidationError(`${componentLabel(before.type, before.name)} in stack "${stack.name}"`, issues);
    }
  }
  await assertLocationsFree(project, document, before, prepared);
  return after;
}

async function changeConfig(
  project: Project,
  type: ComponentType,
  name: string,
  change: (config: JsonObject) => JsonObject,
): Promise<RegisteredComponent> {
  const after = await project.registry.update(async (document) => {
    const component = requireComponent(document, type, name);
    return await changeComponent(project, document, { ...component, config: change(component.config) });
  });
  return requireComponent(after, type, name);
}

function replaceComponent(document: RegistryDocument, component: RegisteredComponent): RegistryDocument {
  return { ...document, components: document.components.map((one) => (one.id === component.id ? component : one)) };
}

function mergeConfig(config: JsonObject, changes: JsonObject): JsonObject {
  const merged = Object.entries(changes).map(([key, value]) => {
    const before = Object.hasOwn(config, key) ? config[key] : undefined;
    return [key, isObject(before) && isObject(value) ? mergeConfig(before, value) : value];
  });
  return { ...config, ...Object.fromEntries(merged) };
}

function hasPath(config: JsonObject, [key = '', ...rest]: readonly string[]): boolean {
  if (!Object.hasOwn(config, key)) return false;
  const value = config[key];
  return rest.length === 0 || (isObject(value) && hasPath(value, rest));
}

function withoutPath(config: JsonObject, [key = '', ...rest]: readonly string[]): JsonObject {
  const { [key]: value, ...others } = config;
  return rest.length === 0 || !isObject(value) ? others : { ...config, [key]: withoutPath(value, rest) };
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
