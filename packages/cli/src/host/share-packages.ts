import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { shareCore } from '@mlstack/core/project';
import { packageDirectory } from '../cli-package.ts';

/** Commands of flavor packages get this program's copy of oclif and of core, whatever lies in their own `node_modules`. */
export function sharePackages(): void {
  shareCore();
  const isBuilt = !import.meta.url.endsWith('.ts');
  const url = pathToFileURL(join(packageDirectory, 'dist', 'oclif.js')).href;
  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (specifier !== '@oclif/core') return nextResolve(specifier, context);
      if (isBuilt) return { url, format: 'module', shortCircuit: true };
      return nextResolve(specifier, { ...context, parentURL: import.meta.url });
    },
  });
}
