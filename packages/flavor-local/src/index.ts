export { localArtifactStore } from './artifact-store.ts';
export { localMetadataStore } from './metadata-store.ts';
export { localOrchestrator } from './orchestrator.ts';
export { localStepOperator } from './step-operator.ts';
