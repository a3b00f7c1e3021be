import { quoteText } from '../name.ts';
import { suggestName } from '../nearest-name.ts';
import { MlstackError } from './mlstack-error.ts';

export class RunNotFoundError extends MlstackError {
  readonly code = 'RUN_NOT_FOUND';
  constructor(idOrName: string) {
    super(`There is no run ${quoteText(idOrName)} in this metadata store.`, {
      hint: 'Run `mlstack runs list` to see the runs of the active stack.',
    });
  }
}

export class NoRunsError extends MlstackError {
  readonly code = 'NO_RUNS';
  constructor() {
    super('There is no run yet in this metadata store.', { hint: 'Start one with `mlstack run FILE`.' });
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

/** What a driver needs of the stores or the platform failed for good: the run reads as crashed. */
export class DriverFailedError extends MlstackError {
  readonly code = 'DRIVER_FAILED';
  override readonly kind = 'failure' as const;
  constructor(run: string, cause: MlstackError) {
    super(`Run "${run}" is not over, and its driver cannot go on: ${cause.message}`, {
      cause,
      hint: `${cause.hint ?? 'Mend that.'} Then go on with \`mlstack runs resume ${run}\`.`,
    });
  }
}

export class RunActiveError extends MlstackError {
  readonly code = 'RUN_IS_ACTIVE';
  constructor(run: string) {
    super(`Run "${run}" is not over.`, { hint: 'End it first with `mlstack runs stop`.' });
  }
}

/** A step asks for the stack's step operator, and the stack has none. */
export class StepOperatorMissingError extends MlstackError {
  readonly code = 'STEP_OPERATOR_MISSING';
  constructor(node: string, stack: string) {
    super(`Step "${node}" is to run on a step operator, and stack "${stack}" has none.`, {
      hint: 'Add one with `mlstack stack update --step-operator`, or remove stepOperator from the step.',
    });
  }
}

/** A run that has completed cannot go on. */
export class RunCompletedError extends MlstackError {
  readonly code = 'RUN_IS_COMPLETED';
  constructor(run: string) {
    super(`Run "${run}" has completed; nothing of it is left to do.`, { hint: 'Start a new one with `mlstack run`.' });
  }
}

/** Another command ended it before its driver could begin. */
export class RunEndedError extends MlstackError {
  readonly code = 'RUN_HAS_ENDED';
  override readonly kind = 'failure' as const;
  constructor(run: string, state: 'failed' | 'cancelled') {
    const what = state === 'failed' ? 'failed' : 'was cancelled';
    super(`Run "${run}" ${what} before this command could begin with it.`, {
      hint: 'Begin with it again by `mlstack runs resume`.',
    });
  }
}

export class NodeNotFoundError extends MlstackError {
  readonly code = 'NODE_NOT_FOUND';
  constructor(run: string, node: string, suggestion?: string) {
    super(`Run "${run}" has no step ${quoteText(node)}.`, {
      hint: suggestion ?? 'Run `mlstack runs describe` to see its steps.',
    });
  }
}

/** The code that a run began with is not on this machine any more. */
export class RunCodeMissingError extends MlstackError {
  readonly code = 'RUN_CODE_MISSING';
  constructor(run: string, digest: string) {
    super(`The code of run "${run}" (bundle ${digest.slice(0, 12)}) is not on this machine any more.`, {
      hint: 'Go on with the code as it is now: `mlstack runs resume --with-current-code`.',
    });
  }
}

/** The code has changed so much that a run cannot go on with it. */
export class PlanChangedError extends MlstackError {
  readonly code = 'PLAN_CHANGED';
  constructor(run: string, difference: string) {
    super(`Run "${run}" cannot go on with the current code: ${difference}.`, {
      hint: 'Start a new run with `mlstack run`; what has not changed comes from the cache.',
    });
  }
}

export class PipelineNotFoundError extends MlstackError {
  readonly code = 'PIPELINE_NOT_FOUND';
  constructor(name: string, known: readonly string[]) {
    super(`There is no pipeline ${quoteText(name)} in this metadata store: no run of it was recorded.`, {
      hint: suggestName(name, known) ?? 'Run `mlstack pipeline list` to see those that have a run.',
    });
  }
}
