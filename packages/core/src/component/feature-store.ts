import { StackComponent } from './stack-component.ts';

/**
 * @experimental Has the lifecycle that all components have; operations of its own come with its first flavor.
 */
export abstract class FeatureStore<Config extends object = object> extends StackComponent<Config> {}
