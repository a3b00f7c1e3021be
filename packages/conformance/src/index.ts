export type { ArtifactStoreSubject } from './artifact-store/artifact-store-probes.ts';
export { artifactStoreSuite } from './artifact-store/artifact-store-suite.ts';
export type { ConformanceCase, ConformanceSuite } from './conformance-suite.ts';
export type { MetadataStoreSubject } from './metadata-store/metadata-store-probes.ts';
export { metadataStoreSuite } from './metadata-store/metadata-store-suite.ts';
