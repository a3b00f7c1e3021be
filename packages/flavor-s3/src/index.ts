export { s3ArtifactStore } from './artifact-store.ts';
