import type { ComponentType } from '../component/component-types.ts';
import { describeComponentType } from '../component/component-types.ts';
import type { LifecycleCall, LifecycleReport } from '../component/run-lifecycle.ts';
import { runLifecycle } from '../component/run-lifecycle.ts';
import { describeError } from '../errors/describe-error.ts';
import type { Project } from '../project/project.ts';
import { requireChosenStack, requireComponent } from '../project/registry-lookup.ts';

export interface StackLifecycleReport {
  readonly stack: string;
  /** In the order in which they were gone through. */
  readonly components: readonly LifecycleReport[];
  /** Whether any component could not be brought there. */
  readonly failed: boolean;
}

/** Provisions and resumes every component, those that others may need first. One that fails holds up no other. */
export async function startStack(project: Project, name?: string): Promise<StackLifecycleReport> {
  return await runStackLifecycle(project, name, 'up', ['provision', 'resume']);
}

/** Suspends every component in the reverse order, or with `deprovision` removes what `provision` made; never data. */
export async function stopStack(
  project: Project,
  name?: string,
  { deprovision = false }: { readonly deprovision?: boolean } = {},
): Promise<StackLifecycleReport> {
  return await runStackLifecycle(project, name, 'down', [deprovision ? 'deprovision' : 'suspend']);
}

async function runStackLifecycle(
  project: Project,
  name: string | undefined,
  direction: 'up' | 'down',
  calls: readonly LifecycleCall[],
): Promise<StackLifecycleReport> {
  const document = project.registry.read();
  const stack = requireChosenStack(project, document, name);
  const parts = (Object.entries(stack.components) as [ComponentType, string][]).sort(
    ([one], [other]) => describeComponentType(one).tier - describeComponentType(other).tier,
  );
  const components: LifecycleReport[] = [];
  for (const [type, component] of direction === 'up' ? parts : parts.reverse()) {
    try {
      components.push(await runLifecycle(project, requireComponent(document, type, component), calls));
    } catch (error) {
      components.push({ type, name: component, calls: [], error: describeError(error) });
    }
  }
  const failed = components.some(
    ({ error, state }) => error !== undefined || (direction === 'up' && state === 'failed'),
  );
  return { stack: stack.name, components, failed };
}
