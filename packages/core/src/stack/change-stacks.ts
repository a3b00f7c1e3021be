import type { ComponentType } from '../component/component-types.ts';
import { componentTypes } from '../component/component-types.ts';
import type { DeletedComponent } from '../component/deleted-component.ts';
import { describeDeleted } from '../component/deleted-component.ts';
import { assertNoIssues } from '../component/register-component.ts';
import type { Issue } from '../errors/issue.ts';
import { StackActiveError, StackExistsError } from '../errors/stack-errors.ts';
import { quoteText, validateName } from '../name.ts';
import type { Project } from '../project/project.ts';
import type { RegisteredStack, RegistryDocument, StackComponents } from '../project/registry-document.ts';
import {
  findComponent,
  findStack,
  isSameName,
  requireChosenStack,
  requireStack,
  stacksWith,
} from '../project/registry-lookup.ts';
import { findStackIssues, newIssues } from './validate-stack.ts';

export interface NewStack {
  readonly name: string;
  readonly components: StackComponents;
  /** Make it the active one. */
  readonly activate?: boolean;
}

/** Registers a stack of registered components. Fails with all that is wrong with it at once (`ValidationError`), or with `StackExistsError`. */
export async function registerStack(project: Project, stack: NewStack): Promise<RegisteredStack> {
  const after = await project.registry.update(async (document) => {
    const created = { name: stack.name, components: withRegisteredNames(document, stack.components) };
    const issues = [...validateStackName(stack.name), ...(await findStackIssues(project, document, created))];
    assertNoIssues(`Stack ${quoteText(stack.name)}`, issues);
    if (findStack(document, stack.name) !== undefined) throw new StackExistsError(stack.name);
    const stacks = [...document.stacks, created];
    return { ...document, stacks, ...(stack.activate === true ? { activeStack: stack.name } : {}) };
  });
  return requireStack(after, stack.name);
}

/** Makes a stack the active one. */
export async function setActiveStack(project: Project, name: string): Promise<RegisteredStack> {
  const after = await project.registry.update((document) => ({
    ...document,
    activeStack: requireStack(document, name).name,
  }));
  return requireStack(after, name);
}

/** Puts components in the place of those of the same type. Refused where the stack would be more wrong than it was. */
export async function updateStack(
  project: Project,
  name: string | undefined,
  components: StackComponents,
): Promise<RegisteredStack> {
  return await changeStack(project, name, (stack, document) => ({
    ...stack.components,
    ...withRegisteredNames(document, components),
  }));
}

/** Takes the components of these types out of a stack. */
export async function removeStackComponents(
  project: Project,
  name: string | undefined,
  types: readonly ComponentType[],
): Promise<RegisteredStack> {
  return await changeStack(project, name, (stack) => {
    const unused = types.filter((type) => stack.components[type] === undefined);
    assertNoIssues(
      `Stack "${stack.name}"`,
      unused.map((type) => ({ path: [type], message: 'the stack has none' })),
    );
    return Object.fromEntries(
      Object.entries(stack.components).filter(([type]) => !types.includes(type as ComponentType)),
    );
  });
}

export async function renameStack(project: Project, name: string, newName: string): Promise<RegisteredStack> {
  assertNoIssues(`Stack ${quoteText(newName)}`, validateStackName(newName));
  const after = await project.registry.update((document) => {
    const stack = requireStack(document, name);
    const taken = findStack(document, newName);
    if (taken !== undefined && taken !== stack) throw new StackExistsError(newName);
    return {
      ...replaceStack(document, stack.name, { ...stack, name: newName }),
      activeStack: isSameName(document.activeStack, name) ? newName : document.activeStack,
    };
  });
  return requireStack(after, newName);
}

export async function copyStack(project: Project, source: string, name: string): Promise<RegisteredStack> {
  assertNoIssues(`Stack ${quoteText(name)}`, validateStackName(name));
  const after = await project.registry.update((document) => {
    const stack = requireStack(document, source);
    if (findStack(document, name) !== undefined) throw new StackExistsError(name);
    return { ...document, stacks: [...document.stacks, { ...stack, name }] };
  });
  return requireStack(after, name);
}

export interface DeletedStack {
  readonly name: string;
  /** With `recursive`: what no other stack uses. */
  readonly components: readonly DeletedComponent[];
}

/** Refused with `StackActiveError` for the active one. `recursive` also deletes the components that no other stack uses. */
export async function deleteStack(
  project: Project,
  name: string,
  { recursive = false }: { readonly recursive?: boolean } = {},
): Promise<DeletedStack> {
  let deleted: DeletedStack = { name, components: [] };
  await project.registry.update((document) => {
    deleted = planStackDeletion(project, document, name, recursive);
    return {
      ...document,
      stacks: document.stacks.filter((one) => !isSameName(one.name, name)),
      components: document.components.filter(
        ({ type, name: component }) =>
          !deleted.components.some((one) => one.type === type && isSameName(one.name, component)),
      ),
    };
  });
  return deleted;
}

/** What `deleteStack` would delete, for asking first. */
export function previewStackDeletion(project: Project, name: string, recursive: boolean): DeletedStack {
  return planStackDeletion(project, project.registry.read(), name, recursive);
}

function planStackDeletion(
  project: Project,
  document: RegistryDocument,
  name: string,
  recursive: boolean,
): DeletedStack {
  const stack = requireStack(document, name);
  if (isSameName(stack.name, document.activeStack)) throw new StackActiveError(stack.name);
  const components = (Object.entries(stack.components) as [ComponentType, string][])
    .filter(([type, used]) => recursive && stacksWith(document, type, used).length === 1)
    .flatMap(([type, used]) => findComponent(document, type, used) ?? [])
    .map((component) => describeDeleted(project, component));
  return { name: stack.name, components };
}

async function changeStack(
  project: Project,
  name: string | undefined,
  change: (stack: RegisteredStack, document: RegistryDocument) => StackComponents,
): Promise<RegisteredStack> {
  let changed = name ?? '';
  const after = await project.registry.update(async (document) => {
    const stack = requireChosenStack(project, document, name);
    changed = stack.name;
    const next = { ...stack, components: sortComponents(change(stack, document)) };
    const issues = newIssues(
      await findStackIssues(project, document, stack),
      await findStackIssues(project, document, next),
    );
    assertNoIssues(`Stack "${stack.name}"`, issues);
    return replaceStack(document, stack.name, next);
  });
  return requireStack(after, changed);
}

function replaceStack(document: RegistryDocument, name: string, stack: RegisteredStack): RegistryDocument {
  return { ...document, stacks: document.stacks.map((one) => (isSameName(one.name, name) ? stack : one)) };
}

/** Names as they were registered, whatever case they were asked for in; in the order of the types' table. */
function withRegisteredNames(document: RegistryDocument, components: StackComponents): StackComponents {
  return sortComponents(
    Object.fromEntries(
      (Object.entries(components) as [ComponentType, string][]).map(([type, name]) => [
        type,
        findComponent(document, type, name)?.name ?? name,
      ]),
    ),
  );
}

function sortComponents(components: StackComponents): StackComponents {
  return Object.fromEntries(
    componentTypes.flatMap(({ type }) => (components[type] === undefined ? [] : [[type, components[type]]])),
  );
}

function validateStackName(name: string): Issue[] {
  return validateName('the name of a stack', name);
}
