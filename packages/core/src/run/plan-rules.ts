import type { BundledExternal } from '../bundle/bundle-manifest.ts';
import type { Issue } from '../errors/issue.ts';
import type { JsonObject } from '../json-value.ts';
import type { StepNode } from '../pipeline/plan.ts';

/** A plan as the flavor of a component that runs steps sees it before anything of it starts. */
export interface PlanView {
  /** Of the component, as registered: references unresolved. */
  readonly config: JsonObject;
  /** `type/flavor`: where steps have settings for it. They fit its schema. */
  readonly settingsKey: string;
  /** The steps that it would run. At least one. */
  readonly nodes: readonly StepNode[];
  /** Packages that the code needs and does not carry. */
  readonly externals: readonly BundledExternal[];
}

/** Tells everything in a plan that cannot work on this component. Pure. Each path begins with a node's id. */
export type PlanRule = (plan: PlanView) => readonly Issue[];
