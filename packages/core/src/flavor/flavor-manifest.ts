import type { ComponentType } from '../component/component-types.ts';

/** The `mlstack` field of a flavor package's package.json: all that listing reads. No code of the package runs for it. */
export interface FlavorManifest {
  readonly manifestVersion: 1;
  readonly flavors: readonly FlavorManifestEntry[];
}

export interface FlavorManifestEntry {
  readonly type: ComponentType;
  readonly name: string;
  /** The definition's module, relative to the package: `./dist/artifact-store.js`. */
  readonly module: string;
  /** The name it is exported under. */
  readonly export: string;
  /** One line for lists. */
  readonly summary: string;
}
