import { isAbsolute, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ArtifactStore } from '../component/artifact-store.ts';
import type { MetadataStore } from '../component/metadata-store.ts';
import type { Project } from '../project/project.ts';

/** Under which ids an artifact store holds what belongs to a metadata store alone. */
export interface OwnStoreIds {
  readonly own: readonly string[];
  /** Told where there is more that it does not touch. */
  readonly notices: readonly string[];
}

/**
 * What was stored before the records were copied is the original's, who has the same artifact store. One that lies inside of the project was
 * copied with it.
 */
export async function findOwnStoreIds(
  project: Project,
  metadataStore: MetadataStore,
  artifactStore: ArtifactStore,
): Promise<OwnStoreIds> {
  const id = await metadataStore.storeId();
  const earlier = await metadataStore.earlierStoreIds();
  if (earlier.length === 0 || isInside(project.directory, artifactStore.config.path)) {
    return { own: [id, ...earlier], notices: [] };
  }
  const prefixes = earlier.map((one) => `${one}/`).join(', ');
  const notice = `What was stored before these records were copied was left, for another copy of them may need it: ${prefixes} in artifact store "${artifactStore.name}".`;
  return { own: [id], notices: [notice] };
}

function isInside(directory: string, place: string): boolean {
  if (/^(?!file:)[a-z][a-z0-9+.-]*:/i.test(place)) return false;
  const path = place.startsWith('file:') ? fileURLToPath(place) : resolve(directory, place);
  const inside = relative(directory, path);
  return inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}
