import type { ArtifactKey } from '../artifact/artifact-key.ts';
import type { StoredArtifact } from '../artifact/artifact-record.ts';
import type { ComponentType } from '../component/component-types.ts';
import type { JsonObject } from '../json-value.ts';
import type { RunConfiguration, StepNode } from '../pipeline/plan.ts';

/** Where an implementation of a flavor comes from. */
export type FlavorSource =
  /** An installed package's module, as its manifest names it. `directory` is absolute and true on this machine only. */
  | {
      readonly kind: 'package';
      readonly package: string;
      readonly version: string;
      readonly directory: string;
      readonly module: string;
      readonly export: string;
    }
  /** A module of the user's own project. `file` is absolute. */
  | { readonly kind: 'module'; readonly file: string; readonly export: string };

/** A component as it is written down: config with its references unresolved. */
export interface ComponentReference {
  readonly id: string;
  readonly type: ComponentType;
  readonly name: string;
  readonly flavor: string;
  readonly source: FlavorSource;
  readonly config: JsonObject;
}

/** A component whose config may have been checked before: who builds it does not do that again. */
export interface ResolvedReference extends ComponentReference {
  /** What its flavor's schema made of `config`, references resolved. Made of credentials where these are. */
  readonly resolvedConfig?: object;
}

/** How an executor finds the program of a step. A reader refuses kinds it does not know. */
export type StepCode = {
  readonly kind: 'node-bundle';
  readonly digest: string;
  /** Export of the bundle's entry module that holds the pipeline. The step is found by its place in the deterministic compilation. */
  readonly export: string;
  readonly configuration: RunConfiguration;
};

/** Everything that one execution of a step needs, as data: it can be written to disk, sent to a pod, read after a crash. */
export interface StepRequest {
  readonly formatVersion: 1;
  readonly runId: string;
  readonly runName: string;
  readonly pipeline: string;
  readonly nodeId: string;
  /** From 1. */
  readonly attempt: number;
  readonly leaseEpoch: number;
  /** A hook is launched like a step; its outcome is recorded and changes nothing else. */
  readonly role: 'step' | 'onSuccess' | 'onFailure';
  readonly code: StepCode;
  readonly node: StepNode;
  readonly inputs: Readonly<Record<string, StoredArtifact>>;
  /**
   * What this execution may write begins with it. Not a folder: `…/runs/<run>/<node>.<attempt>.`. Each execution adds a random
   * part of its own for artifacts; `result.json` and `log.000001.jsonl` are the addresses known beforehand.
   */
  readonly outputPrefix: ArtifactKey;
  /** The artifact store; later the components that the plan node names. */
  readonly components: { readonly artifactStore: ComponentReference };
  /** What the hook is told: why the step failed. */
  readonly failure?: string;
}

/** What who watches over an execution must know of its request. A `StepRequest` is one. */
export interface RequestHead extends Pick<StepRequest, 'runId' | 'nodeId' | 'attempt' | 'outputPrefix'> {
  readonly node: { readonly settings: Pick<StepNode['settings'], 'timeoutMs' | 'startTimeoutMs' | 'resources'> };
}
