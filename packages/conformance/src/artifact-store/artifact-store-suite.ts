import type { ConformanceSuite } from '../conformance-suite.ts';
import type { ArtifactStoreSubject } from './artifact-store-probes.ts';
import { readCases } from './read-cases.ts';
import { writeCases } from './write-cases.ts';

/** All of the contract of `ArtifactStore` that can be seen from outside. */
export const artifactStoreSuite: ConformanceSuite<ArtifactStoreSubject> = {
  name: 'artifact store',
  cases: [...writeCases, ...readCases],
};
