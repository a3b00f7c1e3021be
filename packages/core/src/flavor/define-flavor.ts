import type { z } from 'zod';
import type { Alerter } from '../component/alerter.ts';
import type { ArtifactStore, ArtifactStoreCapabilities } from '../component/artifact-store.ts';
import type { ComponentType } from '../component/component-types.ts';
import type { ContainerRegistry } from '../component/container-registry.ts';
import type { ExperimentTracker } from '../component/experiment-tracker.ts';
import type { FeatureStore } from '../component/feature-store.ts';
import type { MetadataStore } from '../component/metadata-store.ts';
import type { ModelDeployer } from '../component/model-deployer.ts';
import type { LaunchCapabilities, Orchestrator } from '../component/orchestrator.ts';
import type { SecretsManager } from '../component/secrets-manager.ts';
import type { ComponentInit, StackComponent } from '../component/stack-component.ts';
import type { StepOperator } from '../component/step-operator.ts';
import type { PlanRule } from '../run/plan-rules.ts';
import type { StackRule } from '../stack/stack-rules.ts';

const marker: unique symbol = Symbol.for('mlstack.flavor') as never;

/** The base abstraction of each component type. */
export interface ComponentContracts {
  readonly orchestrator: Orchestrator;
  readonly 'artifact-store': ArtifactStore;
  readonly 'metadata-store': MetadataStore;
  readonly 'container-registry': ContainerRegistry;
  readonly 'secrets-manager': SecretsManager;
  readonly 'step-operator': StepOperator;
  readonly 'model-deployer': ModelDeployer;
  readonly 'feature-store': FeatureStore;
  readonly 'experiment-tracker': ExperimentTracker;
  readonly alerter: Alerter;
}

/** Static facts that core reads of a flavor of each type without loading its implementation. */
export interface FlavorCapabilities {
  readonly orchestrator: LaunchCapabilities;
  readonly 'artifact-store': ArtifactStoreCapabilities;
  readonly 'step-operator': LaunchCapabilities;
}
export type CapabilitiesOf<Type extends ComponentType> = Type extends keyof FlavorCapabilities
  ? FlavorCapabilities[Type]
  : undefined;

/** A class that core can make an instance of. */
export type ComponentClass<Type extends ComponentType, Config extends object> = new (
  init: ComponentInit<Config>,
) => ComponentContracts[Type] & StackComponent<Config>;

/** The version of these contracts. A flavor of another version is refused by name with the fix. */
export const contractVersion = 1;

interface FlavorDefinitionBase<Type extends ComponentType, Schema extends z.ZodObject> {
  readonly type: Type;
  /** Lower-case letters, digits and hyphens; `type/name` is unique in a project. */
  readonly name: string;
  /** The contracts it was written against: `contractVersion` of the core it was made with. */
  readonly contractVersion: number;
  /** One line for lists. */
  readonly summary?: string;
  /**
   * What a component of this flavor is configured with. Describe fields with `.describe()`; mark those that hold secrets with
   * `sensitive()` and those that say where data lies with `location()`. Unknown keys are refused. What it makes of a config depends on
   * that alone: it is kept. As a function it is only made where a config is to be checked or described.
   */
  readonly config: Schema | (() => Schema);
  /** Schema of what steps may put under `type/name` in their settings. */
  readonly settings?: z.ZodObject;
  readonly stackRules?: readonly StackRule[];
  /** Only asked where the flavor runs steps. */
  readonly planRules?: readonly PlanRule[];
  /** The class, or a function that imports it: only using a component loads it. */
  readonly implementation:
    | ComponentClass<Type, z.output<Schema>>
    | (() => Promise<ComponentClass<Type, z.output<Schema>>>);
}

/** What the author of a flavor writes. */
export type FlavorDefinition<Type extends ComponentType, Schema extends z.ZodObject> = FlavorDefinitionBase<
  Type,
  Schema
> &
  (Type extends keyof FlavorCapabilities
    ? { readonly capabilities: FlavorCapabilities[Type] }
    : { readonly capabilities?: undefined });

/** A flavor whose config type has been erased, as the loader hands it around. */
export interface Flavor {
  readonly type: ComponentType;
  readonly name: string;
  readonly contractVersion: number;
  readonly summary?: string;
  readonly config: z.ZodObject;
  readonly settings?: z.ZodObject;
  readonly capabilities?: FlavorCapabilities[keyof FlavorCapabilities];
  readonly stackRules: readonly StackRule[];
  readonly planRules: readonly PlanRule[];
  loadImplementation(): Promise<new (init: ComponentInit) => StackComponent>;
}

/** Describes one implementation of a component type. Does nothing else: importing a flavor registers nothing. */
export function defineFlavor<const Type extends ComponentType, Schema extends z.ZodObject>(
  definition: FlavorDefinition<Type, Schema>,
): Flavor {
  const { implementation, config, stackRules = [], planRules = [], ...description } = definition;
  let schema: Schema | undefined;
  const flavor = {
    ...description,
    get config(): Schema {
      schema ??= typeof config === 'function' ? config() : config;
      return schema;
    },
    stackRules,
    planRules,
    loadImplementation: async () => (isClass(implementation) ? implementation : await implementation()),
  };
  Object.defineProperty(flavor, marker, { value: true });
  // The config type ends here on purpose: core parses with this very schema before it builds the class.
  return flavor as unknown as Flavor;
}

export function isFlavor(value: unknown): value is Flavor {
  return typeof value === 'object' && value !== null && marker in value;
}

function isClass<Class>(value: Class | (() => Promise<Class>)): value is Class {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}
