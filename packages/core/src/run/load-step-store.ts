import type { ArtifactStore } from '../component/artifact-store.ts';
import { createComponent } from '../component/create-component.ts';
import type { ComponentContext } from '../component/stack-component.ts';
import type { ResolvedReference } from './step-request.ts';

const stores = new Map<string, Promise<ArtifactStore>>();

/** The artifact store of steps in this process: one instance for each component and config, so that they share its connections. */
export function loadStepStore(reference: ResolvedReference, context: ComponentContext): Promise<ArtifactStore> {
  const key = JSON.stringify(reference);
  const known = stores.get(key);
  if (known !== undefined) return known;
  const store = createComponent({ ...reference, type: 'artifact-store' }, context);
  stores.set(key, store);
  return store;
}
