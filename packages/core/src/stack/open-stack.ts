import { existsSync } from 'node:fs';
import type { ComponentType, componentTypes } from '../component/component-types.ts';
import { describeComponentType } from '../component/component-types.ts';
import { createComponent } from '../component/create-component.ts';
import { ComponentMissingError } from '../errors/stack-errors.ts';
import type { ComponentContracts } from '../flavor/define-flavor.ts';
import type { Project } from '../project/project.ts';
import type { RegisteredComponent } from '../project/registry-document.ts';
import { requireChosenStack, requireComponent } from '../project/registry-lookup.ts';
import type { StackSnapshot } from '../run/run-record.ts';
import type { ComponentReference, ResolvedReference } from '../run/step-request.ts';
import { SecretValues } from '../secret/redact.ts';
import { listReferences } from '../secret/secret-reference.ts';
import type { StackCheck } from './stack-check.ts';
import { readStackCheck, writeStackCheck } from './stack-check.ts';

type RequiredType = Extract<(typeof componentTypes)[number], { readonly required: true }>['type'];

/** The component of a type: always there for the types that a stack must have. */
export type StackComponentOf<Type extends ComponentType> = Type extends RequiredType
  ? ComponentContracts[Type]
  : ComponentContracts[Type] | undefined;

/** A stack whose components can be built, each once and when it is asked for. */
export class OpenStack {
  readonly name: string;
  readonly snapshot: StackSnapshot;
  /** Values that references of the components built so far have given. */
  readonly secrets = new SecretValues();
  readonly #check: StackCheck | undefined;
  readonly #project: Project;
  readonly #built = new Map<ComponentType, Promise<ComponentContracts[ComponentType]>>();

  constructor(project: Project, snapshot: StackSnapshot) {
    this.name = snapshot.name;
    this.snapshot = snapshot;
    this.#project = project;
    this.#check = readStackCheck(project.stateDirectory, snapshot);
  }

  /** It is known to keep every rule. */
  get isChecked(): boolean {
    return this.#check !== undefined;
  }

  /** Remembers that it keeps every rule, and the configs of what was built. */
  async rememberCheck(): Promise<void> {
    const configs: Record<string, object> = {};
    for (const [type, building] of this.#built) {
      const reference = this.reference(type);
      const config = await building.then((component) => component.plainConfig()).catch(() => undefined);
      if (reference === undefined || config === undefined || listReferences(reference.config).length > 0) continue;
      configs[reference.id] = config;
    }
    await writeStackCheck(this.#project.stateDirectory, this.snapshot, { configs });
  }

  /** Fails with `ComponentMissingError` where a required one is missing, and as `createComponent` does. */
  async component<Type extends ComponentType>(type: Type): Promise<StackComponentOf<Type>> {
    const reference = this.reference(type);
    if (reference === undefined) {
      if (isRequired(type)) throw new ComponentMissingError(this.name, type);
      return undefined as StackComponentOf<Type>;
    }
    let component = this.#built.get(type);
    if (component === undefined) {
      const resolvedConfig = this.#check?.configs[reference.id];
      const resolved = resolvedConfig === undefined ? reference : { ...reference, resolvedConfig };
      component = buildComponent(this.#project, resolved, this.secrets);
      this.#built.set(type, component);
    }
    return (await component) as StackComponentOf<Type>; // built from a reference of this type
  }

  /** As `component`, for whoever closes it: `close` does not any more. */
  async take<Type extends ComponentType>(type: Type): Promise<StackComponentOf<Type>> {
    const component = await this.component(type);
    this.#built.delete(type);
    return component;
  }

  reference(type: ComponentType): ComponentReference | undefined {
    return this.snapshot.components.find((component) => component.type === type);
  }

  /** Closes what was built. */
  async close(): Promise<void> {
    const built = await Promise.allSettled(this.#built.values());
    this.#built.clear();
    await Promise.all(built.map((one) => (one.status === 'fulfilled' ? one.value.close() : undefined)));
  }
}

/**
 * Opens the named stack, else the one chosen with the project, else the active one. Fails where the stack, one of its components
 * or a flavor is not there; `validateStack` tells everything at once.
 */
export async function openStack(project: Project, name?: string): Promise<OpenStack> {
  const document = project.registry.read();
  const stack = requireChosenStack(project, document, name);
  const components = (Object.entries(stack.components) as [ComponentType, string][]).map(([type, componentName]) =>
    referenceTo(project, requireComponent(document, type, componentName)),
  );
  return new OpenStack(project, { name: stack.name, components });
}

/** Opens a stack as a run recorded it. A flavor package that was moved or updated since is looked up again. */
export function openSnapshot(project: Project, snapshot: StackSnapshot): OpenStack {
  const components = snapshot.components.map((reference) => {
    const { source, type, flavor } = reference;
    if (source.kind === 'module' || existsSync(source.directory)) return reference;
    return { ...reference, source: project.flavors.resolve(type, flavor) };
  });
  return new OpenStack(project, { ...snapshot, components });
}

/** A registered component as runs and step requests name it. Fails where its flavor is not there. */
export function referenceTo(project: Project, component: RegisteredComponent): ComponentReference {
  const { id, type, name, flavor, config } = component;
  return { id, type, name, flavor, source: project.flavors.resolve(type, flavor), config };
}

/** Builds one component of a project. */
export async function buildComponent<Type extends ComponentType>(
  project: Project,
  reference: ResolvedReference & { readonly type: Type },
  secrets?: SecretValues,
): Promise<ComponentContracts[Type]> {
  return await createComponent(
    reference,
    { projectDirectory: project.directory, stateDirectory: project.componentDirectory(reference.id) },
    secrets === undefined ? {} : { secrets },
  );
}

/** Builds one registered component, for a caller who closes it. Fails as `createComponent` does, and where there is none of the name. */
export async function openComponent<Type extends ComponentType>(
  project: Project,
  type: Type,
  name: string,
): Promise<ComponentContracts[Type]> {
  const reference = referenceTo(project, requireComponent(project.registry.read(), type, name));
  return await buildComponent(project, { ...reference, type });
}

function isRequired(type: ComponentType): boolean {
  return describeComponentType(type).required;
}
