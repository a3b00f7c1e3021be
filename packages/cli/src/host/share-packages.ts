import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { shareCore } from '@mlstack/core/project';
import { packageDirectory } from '../cli-package.ts';

/** Commands of flavor packages get this program's copy of oclif and of core, whatever lies in their own `node_modules`. */
export function sharePackages(): void {
  shareCore();
  const built = join(packageDirectory, 'dist', 'oclif.js');
  // From source, oclif is the package itself and no copy.
  if (import.meta.url.endsWith('.ts') || !existsSync(built)) return;
  const url = pathToFileURL(built).href;
  registerHooks({
    resolve: (specifier, context, nextResolve) =>
      specifier === '@oclif/core' ? { url, format: 'module', shortCircuit: true } : nextResolve(specifier, context),
  });
}
