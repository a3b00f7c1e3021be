/**
 * The state of a component, as it is now and not as it was last asked to be.
 *
 * - `ready`: can be used. A component with nothing to provision is always ready.
 * - `not-provisioned`: what it needs does not exist yet; `provision` makes it.
 * - `suspended`: exists, and is resting; `resume` wakes it.
 * - `failed`: exists or should, and cannot be used; `message` says why.
 *
 * No run is begun or resumed on an artifact store that is `failed`, nor on one of the network that is `not-provisioned`. One of this machine
 * that does not exist yet is made when it is first written to, and one that is `failed`, as where it cannot be written to, is enough for a run whose
 * steps are all in the cache.
 */
export type ComponentState = 'ready' | 'not-provisioned' | 'suspended' | 'failed';

export interface ComponentStatus {
  readonly state: ComponentState;
  readonly message?: string;
}

/**
 * What a lifecycle call did. All four calls are idempotent: called twice, the second reports `unchanged`.
 *
 * - `changed`: something was made, removed, started or stopped.
 * - `unchanged`: it was so already.
 * - `not-applicable`: this component has nothing to provision, or cannot rest.
 */
export interface LifecycleOutcome {
  readonly outcome: 'changed' | 'unchanged' | 'not-applicable';
  readonly message?: string;
}

/** One finding of `doctor`. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'problem';
  /** What was looked at: `bucket`, `permissions`, `clock`. */
  readonly subject: string;
  readonly message: string;
  /** The next action. Present for warnings and problems. */
  readonly fix?: string;
}
