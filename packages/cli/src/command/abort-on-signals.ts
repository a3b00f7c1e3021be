/** Exit code of a process that a signal has ended. */
const interruptedExitCode = 130;

export interface SignalAbort {
  readonly signal: AbortSignal;
  /** Takes the handlers off again. */
  dispose(): void;
}

/**
 * The first SIGINT or SIGTERM aborts, so that work ends in order; the second ends the process at once.
 *
 * @param onAbort told of the first.
 */
export function abortOnSignals(onAbort: () => void = () => {}): SignalAbort {
  const controller = new AbortController();
  const handle = () => {
    if (controller.signal.aborted) process.exit(interruptedExitCode);
    onAbort();
    controller.abort();
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, handle);
  return {
    signal: controller.signal,
    dispose: () => {
      for (const signal of signals) process.off(signal, handle);
    },
  };
}
