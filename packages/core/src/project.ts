/** For programs that host mlstack, as its command line does. */
export type { ArtifactLineage, ArtifactLineageOptions, LineageStep } from './artifact/artifact-lineage.ts';
export { artifactLineage } from './artifact/artifact-lineage.ts';
export type { ArtifactRecord } from './artifact/artifact-record.ts';
export type { ArtifactDescription } from './artifact/describe-artifact.ts';
export { describeArtifact } from './artifact/describe-artifact.ts';
export type { WrittenArtifact } from './artifact/get-artifact.ts';
export { getArtifact } from './artifact/get-artifact.ts';
export type { ListArtifactsOptions } from './artifact/list-artifacts.ts';
export { listArtifacts } from './artifact/list-artifacts.ts';
export type { PruneArtifactsOptions, PrunedArtifacts } from './artifact/prune-artifacts.ts';
export { pruneArtifacts } from './artifact/prune-artifacts.ts';
export { shareCore } from './bundle/share-core.ts';
export type { ComponentType, ComponentTypeDescription } from './component/component-types.ts';
export { componentTypes, describeComponentType, isComponentType } from './component/component-types.ts';
export type { CreateComponentOptions } from './component/create-component.ts';
export { createComponent } from './component/create-component.ts';
export type { ComponentDescription, ComponentSummary } from './component/describe-component.ts';
export { describeComponent, getActiveComponent, listComponents } from './component/describe-component.ts';
export { explainComponentType } from './component/explain-component-type.ts';
export type { ComponentState, ComponentStatus, Finding, LifecycleOutcome } from './component/lifecycle.ts';
export type { Page, PipelineSummary } from './component/metadata-store.ts';
export type { NewComponent } from './component/register-component.ts';
export { copyComponent, registerComponent } from './component/register-component.ts';
export type { LifecycleCall, LifecycleReport } from './component/run-lifecycle.ts';
export { readComponentLogs, startComponent, stopComponent } from './component/run-lifecycle.ts';
export {
  deleteComponent,
  removeComponentAttributes,
  renameComponent,
  updateComponent,
} from './component/update-component.ts';
export { makeFolder } from './durable-folder.ts';
export type { DescribedError } from './errors/describe-error.ts';
export type { Issue } from './errors/issue.ts';
export { ValidationError } from './errors/issue.ts';
export { MlstackError } from './errors/mlstack-error.ts';
export { FileNotWrittenError } from './errors/project-errors.ts';
export type { ConfigField, ConfigSchema } from './flavor/config-schema.ts';
export { describeConfigFields, loadConfigSchema } from './flavor/config-schema.ts';
export type { Flavor } from './flavor/define-flavor.ts';
export type {
  DiscoveredFlavors,
  DiscoveryProblem,
  FlavorHost,
  FlavorOrigin,
  FlavorPackage,
} from './flavor/discover-flavors.ts';
export { discoverFlavors, userPackagesDirectory } from './flavor/discover-flavors.ts';
export type { FlavorListing } from './flavor/flavor-registry.ts';
export type { FlavorDescription } from './flavor/manage-flavors.ts';
export { deleteFlavor, describeFlavor, listFlavors, registerFlavor } from './flavor/manage-flavors.ts';
export type { ConfigEntry } from './flavor/parse-config-entries.ts';
export { parseConfigEntries } from './flavor/parse-config-entries.ts';
export type { JsonObject, JsonValue } from './json-value.ts';
export { escapeControls, isName, nameKey, quoteText, validateName } from './name.ts';
export { nearestName, suggestName } from './nearest-name.ts';
export type { PipelineDescription } from './pipeline/describe-pipeline.ts';
export { describePipeline } from './pipeline/describe-pipeline.ts';
export { listPipelines } from './pipeline/list-pipelines.ts';
export type { Plan, PlanNode, RunConfiguration } from './pipeline/plan.ts';
export { parseParamFlags, parseRunConfiguration } from './pipeline/run-configuration.ts';
export type { Diagnosis } from './project/diagnose-project.ts';
export { diagnoseProject } from './project/diagnose-project.ts';
export { findProject } from './project/find-project.ts';
export { homeDirectory } from './project/home-directory.ts';
export type { InitializedProject } from './project/initialize-project.ts';
export { initializeProject } from './project/initialize-project.ts';
export type { ProjectOptions } from './project/project.ts';
export { openProject, Project } from './project/project.ts';
export type { ProjectConfig } from './project/project-config.ts';
export { loadProjectConfig } from './project/project-config.ts';
export type { ProjectStatus } from './project/project-status.ts';
export { describeProject } from './project/project-status.ts';
export type {
  CustomFlavor,
  RegisteredComponent,
  RegisteredStack,
  StackComponents,
} from './project/registry-document.ts';
export type { DeletedRun } from './run/delete-run.ts';
export { deleteRun } from './run/delete-run.ts';
export type { NodeDescription, RunDescription } from './run/describe-run.ts';
export { describeRun } from './run/describe-run.ts';
export type { KeyDifference, NodeExplanation, RunExplanation } from './run/explain-run.ts';
export { explainRun } from './run/explain-run.ts';
export type { ListRunsOptions } from './run/list-runs.ts';
export { listRuns } from './run/list-runs.ts';
export { newestRun } from './run/newest-run.ts';
export type { ReadRunLogOptions, RunLogLine } from './run/read-run-log.ts';
export { readRunLog } from './run/read-run-log.ts';
export type { DriveRunOptions, ResumeRunOptions } from './run/resume-run.ts';
export { driveRecordedRun, resumeRun } from './run/resume-run.ts';
export type { RunEvent } from './run/run-events.ts';
export type { RunOutcome } from './run/run-outcome.ts';
export type { PipelineOptions, RunPipelineOptions, SubmittedRun } from './run/run-pipeline.ts';
export { planPipeline, runPipeline, submitPipeline } from './run/run-pipeline.ts';
export type { HookRecord, NodeState, ObservedRunState, RunState, RunSummary } from './run/run-record.ts';
export type { ErrorRecord } from './run/step-result.ts';
export type { StoppedRun, StopRunOptions } from './run/stop-run.ts';
export { stopRun } from './run/stop-run.ts';
export { SecretValues } from './secret/redact.ts';
export type { ApplyOptions } from './stack/apply-stack-document.ts';
export { applyStack, diffStack, importStack, planStackImport } from './stack/apply-stack-document.ts';
export type { DeletedStack, NewStack } from './stack/change-stacks.ts';
export {
  copyStack,
  deleteStack,
  previewStackDeletion,
  registerStack,
  removeStackComponents,
  renameStack,
  setActiveStack,
  updateStack,
} from './stack/change-stacks.ts';
export type { StackDescription } from './stack/describe-stack.ts';
export { describeStack } from './stack/describe-stack.ts';
export type { StackSummary } from './stack/list-stacks.ts';
export { getActiveStack, listStacks } from './stack/list-stacks.ts';
export type { StackComponentOf } from './stack/open-stack.ts';
export { OpenStack, openComponent, openSnapshot, openStack } from './stack/open-stack.ts';
export type { FieldChange, StackChange, StackChangePlan, StackDemands } from './stack/plan-stack-change.ts';
export { describeDemands } from './stack/plan-stack-change.ts';
export type { DocumentComponent, StackDocument } from './stack/stack-document.ts';
export { exportStack, formatStackDocument, parseStackDocument } from './stack/stack-document.ts';
export type { StackLifecycleReport } from './stack/stack-lifecycle.ts';
export { startStack, stopStack } from './stack/stack-lifecycle.ts';
export type { StackValidation } from './stack/validate-stack.ts';
export { validateStack } from './stack/validate-stack.ts';
