import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runsFromSource, shareCore } from '../bundle/share-core.ts';
import type { ComponentType } from '../component/component-types.ts';
import { FlavorLoadError } from '../errors/flavor-errors.ts';
import { MlstackError } from '../errors/mlstack-error.ts';
import { suggestName } from '../nearest-name.ts';
import type { FlavorSource } from '../run/step-request.ts';
import type { Flavor } from './define-flavor.ts';
import { contractVersion, isFlavor } from './define-flavor.ts';

export interface LoadFlavorOptions {
  /** The `.mlstack` folder where modules of the user's own are bundled. Needed for sources of kind `module`. */
  readonly stateDirectory?: string;
}

/**
 * Imports a flavor's definition, not its implementation. Fails with `FlavorLoadError` when the module, the export or the
 * contract version is not what it should be; `expected` is what the manifest or the registry promised.
 */
export async function loadFlavor(
  source: FlavorSource,
  expected: { readonly type: ComponentType; readonly name: string } | undefined,
  options: LoadFlavorOptions = {},
): Promise<Flavor> {
  const label = sourceLabel(source);
  const exports = await importSource(source, label, options);
  const value = exports[source.export];
  if (value === undefined) {
    const names = Object.keys(exports);
    throw new FlavorLoadError(
      label,
      `it exports no "${source.export}"`,
      suggestName(source.export, names) ?? 'Export the result of defineFlavor under that name.',
    );
  }
  if (!isFlavor(value)) {
    throw new FlavorLoadError(
      label,
      `its export "${source.export}" is no flavor`,
      'Export the result of defineFlavor from @mlstack/core/flavor.',
    );
  }
  if (value.contractVersion !== contractVersion) throw versionError(label, value.contractVersion);
  const problem = findShapeProblem(value);
  if (problem !== undefined)
    throw new FlavorLoadError(label, problem, 'Correct the definition; its types say what is asked for.');
  if (expected !== undefined && (value.type !== expected.type || value.name !== expected.name)) {
    throw new FlavorLoadError(
      label,
      `it defines ${value.type}/${value.name}, and ${expected.type}/${expected.name} was expected`,
      source.kind === 'package'
        ? 'Report it to the authors of the package: its manifest and its code differ.'
        : 'Register it again with `flavor register`.',
    );
  }
  return value;
}

/** Of what a definition that no compiler has looked at may lack. */
function findShapeProblem({ type, stackRules, planRules, capabilities }: Flavor): string | undefined {
  for (const [name, rules] of Object.entries({ stackRules, planRules })) {
    if (!Array.isArray(rules) || rules.some((rule) => typeof rule !== 'function'))
      return `its \`${name}\` are no list of functions`;
  }
  const { supportedSchemes } = (capabilities ?? {}) as { readonly supportedSchemes?: unknown };
  return type === 'artifact-store' && !Array.isArray(supportedSchemes)
    ? 'its `capabilities` have no list of `supportedSchemes`'
    : undefined;
}

/** `@mlstack/flavor-s3@0.1.0` or `/project/store.ts#store`: how messages name a source. */
export function sourceLabel(source: FlavorSource): string {
  return source.kind === 'package' ? `${source.package}@${source.version}` : `${source.file}#${source.export}`;
}

/** The file of a package's module. Missing: the package was not built, or not installed whole. */
export function findFlavorModule(directory: string, module: string): string | undefined {
  const file = join(directory, module);
  if (existsSync(file)) return file;
  // A package of this repository that was not built: core running from its source takes the package's source.
  const source = join(directory, module.replace(/^\.\/dist\//, 'src/').replace(/\.js$/, '.ts'));
  const isWorkspace = runsFromSource && !directory.includes(`${sep}node_modules${sep}`);
  return isWorkspace && existsSync(source) ? source : undefined;
}

async function importSource(
  source: FlavorSource,
  label: string,
  { stateDirectory }: LoadFlavorOptions,
): Promise<Record<string, unknown>> {
  shareCore();
  try {
    if (source.kind === 'module') return await importModule(source.file, stateDirectory);
    const file = findFlavorModule(source.directory, source.module);
    if (file === undefined) {
      throw new FlavorLoadError(label, `its module ${source.module} is missing`, 'Install the package again.');
    }
    return await import(pathToFileURL(file).href);
  } catch (error) {
    if (MlstackError.is(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const hint =
      source.kind === 'package'
        ? 'Install the package again, or look whether a newer version of it fits this mlstack.'
        : 'Correct the file and try again.';
    throw new FlavorLoadError(label, `importing it fails: ${reason}`, hint, error);
  }
}

async function importModule(file: string, stateDirectory: string | undefined): Promise<Record<string, unknown>> {
  if (!existsSync(file)) {
    throw new FlavorLoadError(file, 'the file is missing', 'Restore it, or delete the flavor with `flavor delete`.');
  }
  if (stateDirectory === undefined) throw new TypeError(`${file} is loaded without a project`);
  const { loadModule } = await import('../bundle/load-module.ts');
  return await loadModule(file, { stateDirectory });
}

function versionError(label: string, found: unknown): FlavorLoadError {
  const isNewer = typeof found === 'number' && found > contractVersion;
  return new FlavorLoadError(
    label,
    `it was written for version ${String(found)} of the contracts, and this mlstack has ${contractVersion}`,
    isNewer ? 'Update mlstack.' : 'Update the package that brings the flavor.',
  );
}
