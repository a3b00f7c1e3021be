import type { ComponentType } from '../component/component-types.ts';
import { ComponentNotFoundError, StackNotFoundError } from '../errors/stack-errors.ts';
import { nameKey } from '../name.ts';
import type { Project } from './project.ts';
import type { RegisteredComponent, RegisteredStack, RegistryDocument } from './registry-document.ts';

export function isSameName(one: string, other: string): boolean {
  return nameKey(one) === nameKey(other);
}

export function findStack(document: RegistryDocument, name: string): RegisteredStack | undefined {
  return document.stacks.find((stack) => isSameName(stack.name, name));
}

/** Fails with `StackNotFoundError`. */
export function requireStack(document: RegistryDocument, name: string): RegisteredStack {
  const stack = findStack(document, name);
  if (stack !== undefined) return stack;
  throw new StackNotFoundError(
    name,
    document.stacks.map((one) => one.name),
  );
}

/** The named stack; without a name the one that commands use: the override, else the active one. */
export function requireChosenStack(project: Project, document: RegistryDocument, name?: string): RegisteredStack {
  return requireStack(document, name ?? project.stackOverride ?? document.activeStack);
}

export function findComponent(
  document: RegistryDocument,
  type: ComponentType,
  name: string,
): RegisteredComponent | undefined {
  return document.components.find((component) => component.type === type && isSameName(component.name, name));
}

/** Fails with `ComponentNotFoundError`. */
export function requireComponent(document: RegistryDocument, type: ComponentType, name: string): RegisteredComponent {
  const component = findComponent(document, type, name);
  if (component !== undefined) return component;
  throw new ComponentNotFoundError(
    type,
    name,
    document.components.filter((one) => one.type === type).map((one) => one.name),
  );
}

/** The stacks that a component is part of. */
export function stacksWith(document: RegistryDocument, type: ComponentType, name: string): RegisteredStack[] {
  return document.stacks.filter(({ components }) => {
    const used = components[type];
    return used !== undefined && isSameName(used, name);
  });
}
