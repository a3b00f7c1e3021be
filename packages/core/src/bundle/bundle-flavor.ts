import { ModuleFileError } from '../errors/bundle-errors.ts';
import { findFlavorModule } from '../flavor/load-flavor.ts';
import type { FlavorSource } from '../run/step-request.ts';
import { buildBundle } from './build-bundle.ts';
import type { Bundle } from './bundle-manifest.ts';
import { findUnchangedBundle } from './find-bundle.ts';

/**
 * A flavor's definition with its implementation and everything that imports, as a folder that can run on its own where no package is
 * installed. Apart from user code, so that neither changes the other's digest. The entry exports the definition under its own name;
 * `@mlstack/core` stays the runner's.
 */
export async function bundleFlavor(
  source: FlavorSource,
  { stateDirectory }: { readonly stateDirectory: string },
): Promise<Bundle> {
  if (source.kind === 'module') return buildBundle({ file: source.file, stateDirectory });
  const file = findFlavorModule(source.directory, source.module);
  if (file === undefined) throw new ModuleFileError(`${source.directory}/${source.module}`, 'missing');
  const key = `flavor ${file}#${source.export}`;
  const known = findUnchangedBundle(stateDirectory, key);
  if (known !== undefined) return known;
  const { assembleFlavor } = await import('./assemble-flavor.ts');
  return assembleFlavor({ file, exportName: source.export, directory: source.directory, stateDirectory, key });
}
