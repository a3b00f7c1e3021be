import type {
  LaunchCredentials,
  LaunchEvent,
  Launcher,
  LauncherContext,
  LaunchHandle,
  StepRequest,
  SupervisedStep,
} from '@mlstack/core/flavor';
import { LaunchEventQueue, superviseInProcess } from '@mlstack/core/flavor';
import { executionName } from './execution-name.ts';

/** Runs steps in the driver's own process, one at a time, for debugging. */
export class InProcessLauncher implements Launcher {
  readonly concurrency = 1;
  readonly #context: LauncherContext;
  readonly #events = new LaunchEventQueue();
  readonly #steps = new Map<string, SupervisedStep>();

  constructor(context: LauncherContext) {
    this.#context = context;
    // Its steps run here: nobody needs the worker that compiled.
    void context.warmWorker?.close();
  }

  async launch(request: StepRequest, { env }: LaunchCredentials): Promise<LaunchHandle> {
    const { runId, nodeId, attempt, role } = request;
    const handle: LaunchHandle = { runId, nodeId, attempt, role, detail: {} };
    const name = executionName(handle);
    if (this.#steps.has(name)) return handle;
    for (const value of Object.values(env)) this.#context.secrets.add(value);
    Object.assign(process.env, env);
    const job = {
      kind: 'execute',
      request,
      bundleDirectory: this.#context.bundleDirectory(request.code.digest),
      artifactStoreContext: this.#context.componentContext(request.components.artifactStore.id),
    } as const;
    const step = superviseInProcess(job, this.#context);
    this.#steps.set(name, step);
    this.#events.push({ kind: 'running', handle });
    void step.end.then(({ cause, result, logChunks }) => {
      this.#steps.delete(name);
      this.#events.push({ kind: 'ended', handle, cause, result, logChunks });
    });
    return handle;
  }

  events(): AsyncIterable<LaunchEvent> {
    return this.#events;
  }

  async stop(handle: LaunchHandle, graceMs: number): Promise<void> {
    this.#steps.get(executionName(handle))?.stop(graceMs);
  }

  /** Steps in a driver's process end with it. */
  async adopt(): Promise<readonly LaunchHandle[]> {
    return [];
  }

  async close(): Promise<void> {
    for (const step of this.#steps.values()) step.stop(0);
    this.#events.close();
  }
}
