import type { ComponentType } from '../component/component-types.ts';
import type { Issue } from '../errors/issue.ts';
import type { FlavorCapabilities } from '../flavor/define-flavor.ts';

/** A component as rules see it: nothing is built, nothing is reached. */
export interface ComponentView {
  readonly name: string;
  readonly flavor: string;
  /** As registered: references unresolved. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly capabilities: FlavorCapabilities[keyof FlavorCapabilities] | undefined;
}

export interface StackView {
  readonly name: string;
  readonly components: Readonly<Partial<Record<ComponentType, ComponentView>>>;
}

/** Looks at a whole stack and tells everything that is wrong with it. Pure. Asked of each component's flavor. */
export type StackRule = (stack: StackView) => readonly Issue[];
