export type { ArtifactStoreSubject } from './artifact-store-suite.ts';
export { artifactStoreSuite } from './artifact-store-suite.ts';
export type { ConformanceCase, ConformanceSuite } from './conformance-suite.ts';
export type { MetadataStoreSubject } from './metadata-store-suite.ts';
export { metadataStoreSuite } from './metadata-store-suite.ts';
