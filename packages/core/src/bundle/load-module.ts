import { buildBundle } from './build-bundle.ts';
import { importBundle } from './import-bundle.ts';

/**
 * Imports one module of the user's in this process, whatever TypeScript it holds and whatever its package.json says: a custom flavor,
 * `mlstack.config.ts`. It sees the running copy of `@mlstack/core`.
 *
 * @param file absolute, or relative to the working directory. @returns its exports.
 * @throws BundleError, ModuleFileError, and what the module throws.
 */
export async function loadModule(
  file: string,
  options: { readonly stateDirectory: string },
): Promise<Readonly<Record<string, unknown>>> {
  const { directory } = await buildBundle({ file, stateDirectory: options.stateDirectory });
  return await importBundle(directory);
}
