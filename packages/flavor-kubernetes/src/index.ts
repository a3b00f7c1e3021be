export { kubernetesOrchestrator } from './orchestrator.ts';
export { kubernetesStepOperator } from './step-operator.ts';
