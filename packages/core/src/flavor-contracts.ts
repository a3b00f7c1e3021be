/** What flavors are made of, but for the language of schemas, which takes as long to load as all of this. */
export type { ArtifactKey } from './artifact/artifact-key.ts';
export { isArtifactKey, maximumKeyBytes } from './artifact/artifact-key.ts';
export type {
  ArtifactFile,
  ArtifactManifest,
  ArtifactRecord,
  MaterializerReference,
  StoredArtifact,
} from './artifact/artifact-record.ts';
export type { BundledExternal } from './bundle/bundle-manifest.ts';
export { Alerter } from './component/alerter.ts';
export type {
  ArtifactStoreCapabilities,
  ArtifactStoreConfig,
  ObjectStat,
  ReadOptions,
  RemoteAccess,
  WriteOptions,
  WriteReceipt,
} from './component/artifact-store.ts';
export { ArtifactStore } from './component/artifact-store.ts';
export type { ComponentType } from './component/component-types.ts';
export { componentTypes, isComponentType } from './component/component-types.ts';
export { ContainerRegistry } from './component/container-registry.ts';
export { ExperimentTracker } from './component/experiment-tracker.ts';
export { FeatureStore } from './component/feature-store.ts';
export type { ComponentState, ComponentStatus, Finding, LifecycleOutcome } from './component/lifecycle.ts';
export type { LineageEdge, Page, PageOptions, PipelineSummary, RunChange } from './component/metadata-store.ts';
export { MetadataStore } from './component/metadata-store.ts';
export { ModelDeployer } from './component/model-deployer.ts';
export type { DriverSubmission, LaunchCapabilities } from './component/orchestrator.ts';
export { Orchestrator } from './component/orchestrator.ts';
export { SecretsManager } from './component/secrets-manager.ts';
export type { ComponentContext, ComponentInit, DiagnosisContext } from './component/stack-component.ts';
export { StackComponent } from './component/stack-component.ts';
export { StepOperator } from './component/step-operator.ts';
export { makeFolder, makeVolatileFolder, syncFolder } from './durable-folder.ts';
export {
  ArtifactStoreError,
  ObjectCorruptError,
  ObjectExistsError,
  ObjectNotFoundError,
} from './errors/artifact-store-errors.ts';
export type { Issue } from './errors/issue.ts';
export { ValidationError } from './errors/issue.ts';
export { CacheSourceGoneError, MetadataStoreError, MetadataStoreNewerError } from './errors/metadata-store-errors.ts';
export type { MlstackErrorOptions } from './errors/mlstack-error.ts';
export { MlstackError } from './errors/mlstack-error.ts';
export {
  LeaseHeldError,
  LeaseLostError,
  RunActiveError,
  RunNameTakenError,
  RunNotFoundError,
} from './errors/run-errors.ts';
export type { CapabilitiesOf, Flavor, FlavorCapabilities, FlavorDefinition } from './flavor/define-flavor.ts';
export { contractVersion, defineFlavor, isFlavor } from './flavor/define-flavor.ts';
export { location, sensitive } from './flavor/sensitive.ts';
export type { JsonObject, JsonValue } from './json-value.ts';
export { parseBytes } from './pipeline/parse-bytes.ts';
export { endStepLog } from './run/end-step-log.ts';
export { LaunchEventQueue } from './run/launch-event-queue.ts';
export type {
  EndCause,
  LaunchCredentials,
  LaunchEvent,
  Launcher,
  LauncherContext,
  LaunchHandle,
} from './run/launcher.ts';
export type { PlanRule, PlanView } from './run/plan-rules.ts';
export type { ProcessIdentity } from './run/process-identity.ts';
export { isRunning, readProcessIdentity } from './run/process-identity.ts';
export { endProcessesOfWorkers, killProcessGroup } from './run/process-tree.ts';
export type { CodePart, RemoteEnd, RemoteLaunch } from './run/remote-launch.ts';
export { carriedFile, remoteBootstrap } from './run/remote-launch.ts';
export { requestKey } from './run/request-key.ts';
export type {
  HookRecord,
  Lease,
  LeaseHolder,
  NewRun,
  NodeDetail,
  NodeRecord,
  NodeState,
  ObservedRunState,
  RunDetail,
  RunRequest,
  RunState,
  RunSummary,
} from './run/run-record.ts';
export { startBackgroundProcess } from './run/start-background-process.ts';
export type { LogLine } from './run/step-log.ts';
export { logChunkKey, maximumLogChunks, resultKey } from './run/step-log.ts';
export type { ComponentReference, FlavorSource, RequestHead, StepRequest } from './run/step-request.ts';
export type { ErrorRecord, StepResult } from './run/step-result.ts';
export { superviseInProcess } from './run/supervise-in-process.ts';
export type { SupervisedEnd, SupervisedStep, SuperviseOptions } from './run/supervise-step.ts';
export { superviseStep } from './run/supervise-step.ts';
export type { WorkerOptions } from './run/worker-process.ts';
export { WorkerProcess } from './run/worker-process.ts';
export { StepLogWriter } from './run/write-step-log.ts';
export { SecretValues } from './secret/redact.ts';
export type { StackRule, StackView } from './stack/stack-rules.ts';
