import { readBundleManifest } from '../bundle/bundle-manifest.ts';
import { importBundle } from '../bundle/import-bundle.ts';
import { mapStack } from '../bundle/map-stack.ts';
import { MlstackError } from '../errors/mlstack-error.ts';
import { PipelineCompileError, PipelineExportError, PipelineImportError } from '../errors/pipeline-load-errors.ts';
import type { CompiledPipeline } from '../pipeline/compile-pipeline.ts';
import { compilePipeline } from '../pipeline/compile-pipeline.ts';
import { isPipeline } from '../pipeline/pipeline.ts';
import type { RunConfiguration } from '../pipeline/plan.ts';
import { toErrorRecord } from './error-record.ts';

const loaded = new Map<string, Promise<CompiledPipeline>>();

/** Imports a bundle into this process and compiles the pipeline that it exports; once for each bundle, export and configuration. */
export function loadPipeline(
  bundleDirectory: string,
  exportName: string,
  configuration: RunConfiguration,
): Promise<CompiledPipeline> {
  const key = JSON.stringify([bundleDirectory, exportName, configuration]);
  const known = loaded.get(key);
  if (known !== undefined) return known;
  const loading = compileBundle(bundleDirectory, exportName, configuration);
  loaded.set(key, loading);
  return loading;
}

async function compileBundle(
  bundleDirectory: string,
  exportName: string,
  configuration: RunConfiguration,
): Promise<CompiledPipeline> {
  const exports = await importExports(bundleDirectory);
  const pipeline = exports[exportName];
  if (!isPipeline(pipeline)) {
    const names = Object.keys(exports);
    throw new PipelineExportError(
      exportName,
      names,
      names.filter((name) => isPipeline(exports[name])),
    );
  }
  const { digest, fingerprints } = readBundleManifest(bundleDirectory);
  return compilePipeline(pipeline, { export: exportName, codeDigest: digest, configuration, fingerprints });
}

async function importExports(bundleDirectory: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await importBundle(bundleDirectory);
  } catch (error) {
    if (MlstackError.is(error)) throw error;
    throw new PipelineImportError(...describeThrown(error, bundleDirectory), error);
  }
}

/** What failed while a pipeline was compiled, as its user is told. */
export function toCompileError(error: unknown, bundleDirectory: string): MlstackError {
  if (MlstackError.is(error)) return error;
  return new PipelineCompileError(...describeThrown(error, bundleDirectory), error);
}

function describeThrown(error: unknown, bundleDirectory: string): [problem: string, place: string | undefined] {
  const { name, message, stack = '' } = toErrorRecord(error, { mapStack: (text) => mapStack(text, bundleDirectory) });
  const frames = stack.matchAll(/^ {4}at (?:.*\()?((?!node:)(?:file:\/\/)?[^():]+:\d+:\d+)\)?$/gm);
  const places = [...frames].map(([, place = '']) => place);
  return [
    error instanceof Error ? `${name}: ${message}` : message,
    places.find((place) => !place.startsWith('file:')) ?? places[0],
  ];
}
