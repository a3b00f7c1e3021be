import type { ArtifactStore } from './artifact-store.ts';
import type { ComponentType } from './component-types.ts';
import type { ComponentStatus, Finding, LifecycleOutcome } from './lifecycle.ts';

const marker: unique symbol = Symbol.for('mlstack.stack-component') as never;

/** What surrounds a component at run time. */
export interface ComponentContext {
  /** Relative paths in a config are relative to this folder. Absent where no project exists, as in a pod. */
  readonly projectDirectory?: string;
  /**
   * A folder of this component alone for what it must remember (what it provisioned, process ids), readable by the owner
   * alone. It may not exist yet: the component makes it before it first writes.
   */
  readonly stateDirectory: string;
}

/** What `diagnose` may use besides the component itself. */
export interface DiagnosisContext {
  /** Of the stack that is looked at. Fails where it cannot be built, which is told of the store itself. */
  artifactStore(): Promise<ArtifactStore>;
  /** Aborted when nobody waits for the answer any more: what was made for the diagnosis goes at once. */
  readonly signal: AbortSignal;
}

/** How core hands a flavor's implementation its instance. `config` is the output of the flavor's schema, references resolved. */
export interface ComponentInit<Config extends object = object> {
  /** A UUID, generated when the component was registered. It survives a rename. */
  readonly id: string;
  readonly name: string;
  readonly type: ComponentType;
  readonly flavor: string;
  readonly config: Config;
  readonly context: ComponentContext;
}

/**
 * A configured instance of a flavor. Constructing one does no I/O and cannot fail for reasons outside its config.
 *
 * `config` keys that begin with `_` exist in memory only: core never writes, shows or exports them.
 */
export abstract class StackComponent<Config extends object = object> {
  readonly id: string;
  readonly name: string;
  readonly type: ComponentType;
  readonly flavor: string;
  readonly config: Config;
  protected readonly context: ComponentContext;

  constructor(init: ComponentInit<Config>) {
    this.id = init.id;
    this.name = init.name;
    this.type = init.type;
    this.flavor = init.flavor;
    this.config = init.config;
    this.context = init.context;
    Object.defineProperty(this, marker, { value: true });
  }

  /** True for components of any copy of `@mlstack/core`. */
  static is(value: unknown): value is StackComponent {
    return typeof value === 'object' && value !== null && marker in value;
  }

  /** Makes what the component needs to exist: a folder, a bucket, a namespace. Marks what it made as its own. */
  async provision(): Promise<LifecycleOutcome> {
    return { outcome: 'not-applicable' };
  }

  /** Removes only what this component's `provision` created, and never data: what is not empty stays and is named in the message. */
  async deprovision(): Promise<LifecycleOutcome> {
    return { outcome: 'not-applicable' };
  }

  async resume(): Promise<LifecycleOutcome> {
    return { outcome: 'not-applicable' };
  }

  async suspend(): Promise<LifecycleOutcome> {
    return { outcome: 'not-applicable' };
  }

  /** Looks, changes nothing, and does not throw for a component that is merely not usable: that is `failed`. */
  async status(): Promise<ComponentStatus> {
    return { state: 'ready' };
  }

  /** What `doctor` reports for this component: each finding with its fix. Leaves nothing behind. */
  async diagnose(_context: DiagnosisContext): Promise<Finding[]> {
    const { state, message } = await this.status();
    return state === 'ready'
      ? [{ level: 'ok', subject: 'status', message: message ?? 'ready' }]
      : [
          {
            level: state === 'failed' ? 'problem' : 'warning',
            subject: 'status',
            message: message ?? state,
            fix: 'Run `mlstack stack up`.',
          },
        ];
  }

  /** What the component itself writes about its work, line by line, the newest last. Only where it has such a thing. With `follow` it goes on until the signal. */
  logs?(options: { readonly follow: boolean; readonly signal?: AbortSignal }): AsyncIterable<string>;

  /** The config, where JSON holds all of it: it makes an instance without the schema then. Made of credentials where the config is. */
  plainConfig(): Config | undefined {
    return isJson(this.config) ? this.config : undefined;
  }

  /** Frees connections and handles. Called once, when nobody will use the component again. */
  async close(): Promise<void> {}
}

/** Whether JSON gives back the same. `isDeepStrictEqual` would load what it takes to compare keys of cryptography. */
function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== 'object' || value === null) return ['string', 'boolean', 'object'].includes(typeof value);
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  return isPlain && Object.getOwnPropertySymbols(value).length === 0 && Object.values(value).every(isJson);
}
