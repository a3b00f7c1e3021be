/** For those who write pipelines. */
export type { ArtifactReader, ArtifactWriter, Materializer } from './artifact/materializer.ts';
export { defineMaterializer } from './artifact/materializer.ts';
export { bytesMaterializer as bytes } from './artifact/materializers/bytes-materializer.ts';
export type { ArtifactPath } from './artifact/materializers/files-materializer.ts';
export { artifactPath, filesMaterializer as files } from './artifact/materializers/files-materializer.ts';
export { jsonMaterializer as json } from './artifact/materializers/json-materializer.ts';
export { textFile, textMaterializer as text } from './artifact/materializers/text-materializer.ts';
export { MlstackError } from './errors/mlstack-error.ts';
export type { JsonObject, JsonValue } from './json-value.ts';
export type { ArtifactHandle } from './pipeline/artifact-handle.ts';
export type { Pipeline, PipelineOptions } from './pipeline/pipeline.ts';
export { isPipeline, pipeline } from './pipeline/pipeline.ts';
export type { FailureMode, Plan, RetryPolicy, RunConfiguration, StepResources, StepSettings } from './pipeline/plan.ts';
export type { CallSettings, Step, Wired } from './pipeline/step.ts';
export { step } from './pipeline/step.ts';
export type { HookContext, StepContext, StepLogger } from './run/step-context.ts';
