export { localArtifactStore } from './artifact-store.ts';
export { localMetadataStore } from './metadata-store.ts';
