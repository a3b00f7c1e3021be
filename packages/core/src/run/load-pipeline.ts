import { readBundleManifest } from '../bundle/bundle-manifest.ts';
import { importBundle } from '../bundle/import-bundle.ts';
import { mapStack } from '../bundle/map-stack.ts';
import { MlstackError } from '../errors/mlstack-error.ts';
import { PipelineExportError, PipelineImportError } from '../errors/pipeline-load-errors.ts';
import type { CompiledPipeline } from '../pipeline/compile-pipeline.ts';
import { compilePipeline } from '../pipeline/compile-pipeline.ts';
import { isPipeline } from '../pipeline/pipeline.ts';
import type { RunConfiguration } from '../pipeline/plan.ts';

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
    const stack = error instanceof Error ? mapStack(error.stack ?? '', bundleDirectory) : '';
    const place = /^ {4}at (?:.*\()?((?!node:)(?:file:\/\/)?[^():]+:\d+:\d+)\)?$/m.exec(stack)?.[1];
    throw new PipelineImportError(
      error instanceof Error ? `${error.name}: ${error.message}` : String(error),
      place,
      error,
    );
  }
}
