import { ArtifactStoreNotReadyError } from '../errors/artifact-store-errors.ts';
import type { Plan } from '../pipeline/plan.ts';
import type { Project } from '../project/project.ts';
import type { OpenStack } from '../stack/open-stack.ts';

/** Before steps work for hours whose outputs cannot be stored. A store of this machine is made when it is first written to. */
export async function requireUsableStore(project: Project, stack: OpenStack): Promise<void> {
  const store = await stack.component('artifact-store');
  const { state, message } = await store.status();
  if (state === 'failed' || (state === 'not-provisioned' && !(await isOfThisMachine(project, store.flavor)))) {
    throw new ArtifactStoreNotReadyError(store.name, state, message);
  }
}

/** A store of the network that is out of reach is told within seconds by this, and after its whole patience by what it is asked otherwise. */
export async function requireReachableStore(project: Project, stack: OpenStack): Promise<void> {
  const { flavor } = await stack.component('artifact-store');
  if (!(await isOfThisMachine(project, flavor))) await requireUsableStore(project, stack);
}

/** Whether a run can do with a store that is not usable: nothing is written to one of this machine where the cache has every step. */
export async function needsUsableStore(project: Project, stack: OpenStack, plan: Plan): Promise<boolean> {
  const store = await stack.component('artifact-store');
  if (!(await isOfThisMachine(project, store.flavor))) return true;
  const { isWhollyCached } = await import('./wholly-cached.ts');
  return !(await isWhollyCached(plan, await stack.component('metadata-store'), store));
}

async function isOfThisMachine(project: Project, flavor: string): Promise<boolean> {
  const { capabilities } = await project.flavors.load('artifact-store', flavor);
  return capabilities !== undefined && 'reach' in capabilities && capabilities.reach === 'machine';
}
