import { isBuiltin } from 'node:module';
import type { Plugin } from 'esbuild';

/** Of what the plugin makes. */
export const builtinNamespace = 'mlstack-builtin';

/**
 * Node's own modules by their properties: an ES import of one evaluates them all, so that `node:http` loads a second HTTP client and
 * takes longer than a start of Node.
 */
export const lazyBuiltins: Plugin = {
  name: 'mlstack-lazy-builtins',
  setup(build) {
    const namespace = builtinNamespace;
    // What is imported when it is needed stays as it is: only there its names would be missing.
    build.onResolve({ filter: /.*/ }, ({ path, kind }) =>
      isBuiltin(path) && kind !== 'dynamic-import' ? { path, namespace } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};
