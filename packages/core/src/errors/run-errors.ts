import { MlstackError } from './mlstack-error.ts';

export class RunNotFoundError extends MlstackError {
  readonly code = 'RUN_NOT_FOUND';
  constructor(idOrName: string) {
    super(`There is no run "${idOrName}" in this metadata store.`, {
      hint: 'Run `mlstack runs list` to see the runs of the active stack.',
    });
  }
}

export class RunNameTakenError extends MlstackError {
  readonly code = 'RUN_NAME_TAKEN';
  constructor(name: string) {
    super(`A run named "${name}" exists already.`, {
      hint: 'Choose another --run-name, or leave it out to have one made.',
    });
  }
}

/** Somebody else drives this run. */
export class LeaseHeldError extends MlstackError {
  readonly code = 'RUN_IS_DRIVEN';
  constructor(run: string, holder: { readonly host: string; readonly pid: number }) {
    super(`Run "${run}" is being driven by process ${holder.pid} on ${holder.host}.`, {
      hint: 'Follow it with `mlstack runs logs --follow`, or end it with `mlstack runs stop`.',
    });
  }
}

/** Another driver took over. Whoever sees this stops touching the run. */
export class LeaseLostError extends MlstackError {
  readonly code = 'LEASE_LOST';
  override readonly kind = 'failure' as const;
  constructor(run: string) {
    super(`Another process has taken over run "${run}"; this one stops and changes nothing more.`, {
      hint: 'See `mlstack runs describe` for its state.',
    });
  }
}

export class RunActiveError extends MlstackError {
  readonly code = 'RUN_IS_ACTIVE';
  constructor(run: string) {
    super(`Run "${run}" is not over.`, { hint: 'End it first with `mlstack runs stop`.' });
  }
}
