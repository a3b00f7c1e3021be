import type { ComponentType } from '../component/component-types.ts';
import { addComponent, assertNoIssues, prepareComponent } from '../component/register-component.ts';
import { changeComponent } from '../component/update-component.ts';
import type { Issue } from '../errors/issue.ts';
import { MlstackError } from '../errors/mlstack-error.ts';
import { StackExistsError, TrustRequiredError } from '../errors/stack-errors.ts';
import { redactComponentConfig } from '../flavor/component-config.ts';
import type { Flavor } from '../flavor/define-flavor.ts';
import { addFlavor, checkFlavor } from '../flavor/manage-flavors.ts';
import type { JsonObject } from '../json-value.ts';
import type { Project } from '../project/project.ts';
import type { CustomFlavor, RegistryDocument, StackComponents } from '../project/registry-document.ts';
import { findComponent, findStack, isSameName } from '../project/registry-lookup.ts';
import type { FieldChange, StackChange, StackChangePlan } from './plan-stack-change.ts';
import { describeDemands, planStackChange, withKnownSecrets } from './plan-stack-change.ts';
import type { DocumentComponent, StackDocument } from './stack-document.ts';
import { findStackIssues, newIssues } from './validate-stack.ts';

export interface ApplyOptions {
  /** Agrees to all references and code that the document asks for. */
  readonly trust?: boolean;
}

/** What applying a document would change. Secrets in clear are not shown. */
export async function diffStack(project: Project, document: StackDocument): Promise<StackChangePlan> {
  const registry = project.registry.read();
  const plan = planStackChange(project, registry, document);
  return { ...plan, changes: await Promise.all(plan.changes.map((change) => redactChange(project, registry, change))) };
}

/**
 * Makes the registry what the document says: components and the stack are created or changed, none is deleted. Fails with `TrustRequiredError` where the document asks
 * for what nobody agreed to, and changes nothing unless everything is valid.
 */
export async function applyStack(
  project: Project,
  document: StackDocument,
  { trust = false }: ApplyOptions = {},
): Promise<StackChangePlan> {
  const plan = await diffStack(project, document);
  assertTrusted(plan, trust);
  const flavors = await checkFlavors(project, plan);
  const withFlavors = project.withFlavors(flavors);
  await project.registry.update((registry) => applyDocument(withFlavors, addFlavors(registry, flavors), document));
  return plan;
}

/**
 * Adds the document's stack under its own name or another. Components that are registered already with the same settings are used; others of the same name are an
 * error (`stack apply` changes them). Fails like `applyStack`.
 */
export async function importStack(
  project: Project,
  document: StackDocument,
  { name = document.name, trust = false }: ApplyOptions & { readonly name?: string } = {},
): Promise<StackChangePlan> {
  const renamed = { ...document, name };
  const { plan, issues } = await planStackImport(project, renamed);
  assertNoIssues(`Stack "${name}"`, issues);
  assertTrusted(plan, trust);
  const flavors = await checkFlavors(project, plan);
  const withFlavors = project.withFlavors(flavors);
  await project.registry.update(async (registry) => {
    if (findStack(registry, name) !== undefined) throw new StackExistsError(name);
    return await applyDocument(withFlavors, addFlavors(registry, flavors), renamed);
  });
  return plan;
}

/** What an import would do and what stands in its way, for showing before anybody agrees. Runs no code that is not installed. */
export async function planStackImport(
  project: Project,
  document: StackDocument,
): Promise<{ readonly plan: StackChangePlan; readonly issues: readonly Issue[] }> {
  if (findStack(project.registry.read(), document.name) !== undefined) throw new StackExistsError(document.name);
  const plan = await diffStack(project, document);
  const issues = plan.changes.flatMap((change): Issue[] =>
    change.kind === 'update-component'
      ? [
          {
            path: [change.type],
            message: `"${change.name}" is registered already with another ${change.fields.map(({ field }) => field).join(', ')}`,
            hint: 'Rename one of them, or let `mlstack stack apply` change the registered one.',
          },
        ]
      : [],
  );
  return { plan, issues };
}

function assertTrusted(plan: StackChangePlan, trust: boolean): void {
  const demands = describeDemands(plan);
  if (!trust && demands.length > 0) throw new TrustRequiredError(`Stack "${plan.name}"`, demands);
}

/** Imports and checks the flavors of the project's own that the plan brings. Only after somebody agreed: this runs them. */
async function checkFlavors(project: Project, { code }: StackChangePlan): Promise<CustomFlavor[]> {
  const flavors: CustomFlavor[] = [];
  for (const { type, source } of code) {
    flavors.push(await checkFlavor(project, source, { type, from: project.directory }));
  }
  return flavors;
}

function addFlavors(registry: RegistryDocument, flavors: readonly CustomFlavor[]): RegistryDocument {
  return flavors.reduce(addFlavor, registry);
}

async function applyDocument(
  project: Project,
  registry: RegistryDocument,
  document: StackDocument,
): Promise<RegistryDocument> {
  let next = registry;
  const issues: Issue[] = [];
  for (const [type, component] of Object.entries(document.components) as [ComponentType, DocumentComponent][]) {
    try {
      next = await applyComponent(project, next, type, component);
    } catch (error) {
      if (!MlstackError.is(error)) throw error;
      const hint = component.package === undefined ? error.hint : `Install ${component.package} and try again.`;
      issues.push({
        path: [type],
        message: error.message,
        ...(error.code === 'FLAVOR_NOT_FOUND' && hint !== undefined
          ? { hint }
          : error.hint === undefined
            ? {}
            : { hint: error.hint }),
      });
    }
  }
  assertNoIssues(`Stack "${document.name}"`, issues);
  const components = Object.fromEntries(
    Object.entries(document.components).map(([type, { name }]) => [
      type,
      findComponent(next, type as ComponentType, name)?.name ?? name,
    ]),
  ) as StackComponents;
  const before = findStack(registry, document.name);
  const stack = { name: before?.name ?? document.name, components };
  const known = before === undefined ? [] : await findStackIssues(project, registry, before);
  assertNoIssues(`Stack "${stack.name}"`, newIssues(known, await findStackIssues(project, next, stack)));
  const others = next.stacks.map((one) => (isSameName(one.name, stack.name) ? stack : one));
  return { ...next, stacks: before === undefined ? [...next.stacks, stack] : others };
}

async function applyComponent(
  project: Project,
  registry: RegistryDocument,
  type: ComponentType,
  { name, flavor, config }: DocumentComponent,
): Promise<RegistryDocument> {
  const before = findComponent(registry, type, name);
  if (before === undefined) {
    const prepared = await prepareComponent(project, { type, name, flavor, config });
    return addComponent(registry, { ...prepared, id: crypto.randomUUID() });
  }
  const wanted = { ...before, flavor, config: withKnownSecrets(config, before.config) };
  const isSame = before.flavor === flavor && JSON.stringify(before.config) === JSON.stringify(wanted.config);
  return isSame ? registry : await changeComponent(project, registry, wanted);
}

async function redactChange(project: Project, registry: RegistryDocument, change: StackChange): Promise<StackChange> {
  if (change.kind !== 'update-component') return change;
  const flavorName = findComponent(registry, change.type, change.name)?.flavor ?? '';
  let flavor: Flavor | undefined;
  try {
    flavor = await project.flavors.load(change.type, flavorName);
  } catch {
    // Nothing tells what is secret: only references are shown.
  }
  const side = async (which: 'before' | 'after'): Promise<JsonObject> => {
    const values = change.fields.flatMap((field) => {
      const value = field[which];
      return value === undefined ? [] : [[field.field, value]];
    });
    return await redactComponentConfig(flavor, Object.fromEntries(values));
  };
  const [before, after] = [await side('before'), await side('after')];
  const fields = change.fields.map(({ field }): FieldChange => {
    const [from, to] = [before[field], after[field]];
    return { field, ...(from === undefined ? {} : { before: from }), ...(to === undefined ? {} : { after: to }) };
  });
  return { ...change, fields };
}
