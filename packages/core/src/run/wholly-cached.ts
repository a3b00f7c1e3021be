import type { ArtifactStore } from '../component/artifact-store.ts';
import type { MetadataStore } from '../component/metadata-store.ts';
import type { Plan } from '../pipeline/plan.ts';
import { NodeOutputs } from './node-outputs.ts';
import { cacheIdentity, findInCache } from './step-cache.ts';

/** Whether no step of the plan would run now, with all its bytes there. Where a store cannot be asked, it is not. */
export async function isWhollyCached(
  { nodes }: Plan,
  metadataStore: MetadataStore,
  artifactStore: ArtifactStore,
): Promise<boolean> {
  const outputs = new NodeOutputs();
  try {
    for (const node of nodes) {
      const identity = cacheIdentity(node, outputs.inputsOf(node));
      if ('uncached' in identity || node.settings.cache === false) return false;
      const lookup = await findInCache(identity, node, metadataStore, artifactStore);
      if ('miss' in lookup) return false;
      outputs.add(node.id, lookup.outputs, 1);
    }
    return true;
  } catch {
    return false;
  }
}
