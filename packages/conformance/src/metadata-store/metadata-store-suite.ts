import type { ConformanceSuite } from '../conformance-suite.ts';
import { artifactCases } from './artifact-cases.ts';
import { leaseCases } from './lease-cases.ts';
import type { MetadataStoreSubject } from './metadata-store-probes.ts';
import { nodeCases } from './node-cases.ts';
import { runCases } from './run-cases.ts';

/** All of the contract of `MetadataStore` that can be seen from outside. */
export const metadataStoreSuite: ConformanceSuite<MetadataStoreSubject> = {
  name: 'metadata store',
  cases: [...runCases, ...leaseCases, ...nodeCases, ...artifactCases],
};
