import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ArtifactStore } from '@mlstack/core/flavor';
import type {
  JsonObject,
  Project,
  RunConfiguration,
  RunDescription,
  RunEvent,
  RunOutcome,
  StoppedRun,
  SubmittedRun,
} from '@mlstack/core/project';
import {
  describeRun,
  initializeProject,
  openProject,
  openStack,
  readRunLog,
  registerComponent,
  registerStack,
  resumeRun,
  runPipeline,
  startStack,
  stopRun,
  stopStack,
  submitPipeline,
  updateComponent,
} from '@mlstack/core/project';
import { reachableEndpoint, realContext, TestNamespace } from './real-cluster.ts';

const flavors = ['flavor-local', 'flavor-s3', 'flavor-kubernetes'];

export interface ClusterRun {
  readonly outcome: RunOutcome;
  readonly events: readonly RunEvent[];
}

export interface BehaveOptions {
  readonly params?: JsonObject;
  readonly settings?: JsonObject;
  /** Settings for orchestrator/kubernetes. */
  readonly vendor?: JsonObject;
  readonly onEvent?: (event: RunEvent) => void;
  /** Called once the first attempt runs. */
  readonly onRunning?: (running: RunningStep) => Promise<unknown>;
}

export type DetachedRun = SubmittedRun;

export interface RunningStep {
  readonly runName: string;
  readonly pod: string;
  /** Cancels the run. */
  cancel(): void;
}

/**
 * A project of a test file's own with two stacks whose artifacts lie in a bucket of its own: `cluster`, whose steps are Jobs in a
 * namespace of its own, and `mixed`, which runs on this machine with a step operator on the cluster.
 */
export class ClusterProject {
  readonly namespace = new TestNamespace();
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'mlstack-kube-')));
  readonly bucket = `mlstack-test-${randomUUID()}`;

  async create(config: JsonObject = {}): Promise<this> {
    const { directory } = this;
    const modules = join(directory, 'node_modules/@mlstack');
    mkdirSync(modules, { recursive: true });
    for (const name of flavors)
      symlinkSync(fileURLToPath(new URL(`../../../${name}`, import.meta.url)), join(modules, name));
    const dependencies = Object.fromEntries(flavors.map((name) => [`@mlstack/${name}`, '*']));
    writeFileSync(join(directory, 'package.json'), JSON.stringify({ name: 'project', type: 'module', dependencies }));
    initializeProject(directory);
    const project = this.open();
    const component = (type: 'artifact-store' | 'orchestrator' | 'step-operator', flavor: string, values: JsonObject) =>
      registerComponent(project, { type, name: flavor, flavor, config: values });
    await component('artifact-store', 's3', {
      path: `s3://${this.bucket}`,
      endpoint: reachableEndpoint as string,
      region: process.env.AWS_REGION ?? 'us-east-1',
      accessKeyId: '{{env.AWS_ACCESS_KEY_ID}}',
      secretAccessKey: '{{env.AWS_SECRET_ACCESS_KEY}}',
      createBucket: true,
      timeoutSeconds: 10,
    });
    const cluster = { context: realContext as string, namespace: this.namespace.name, ...config };
    await component('orchestrator', 'kubernetes', cluster);
    await component('step-operator', 'kubernetes', cluster);
    const stores = { 'artifact-store': 's3', 'metadata-store': 'default' };
    await registerStack(project, { name: 'cluster', components: { ...stores, orchestrator: 'kubernetes' } });
    await registerStack(project, {
      name: 'mixed',
      components: { ...stores, orchestrator: 'default', 'step-operator': 'kubernetes' },
    });
    await this.namespace.create();
    for (const stack of ['cluster', 'mixed']) await startStack(project, stack);
    return this;
  }

  open(stack = 'cluster'): Project {
    return openProject({ directory: this.directory, stack });
  }

  /** Changes the orchestrator. */
  async configure(config: JsonObject): Promise<void> {
    await updateComponent(this.open(), 'orchestrator', 'kubernetes', config);
  }

  /** Runs a pipeline of the folder `pipelines`, or of a file whose absolute path it is. */
  async run(
    pipeline: string,
    options: {
      readonly stack?: string;
      readonly configuration?: RunConfiguration;
      readonly onEvent?: (event: RunEvent) => void;
      readonly signal?: AbortSignal;
    } = {},
  ): Promise<ClusterRun> {
    const events: RunEvent[] = [];
    const outcome = await runPipeline(this.open(options.stack), {
      file: pipelineFile(pipeline),
      configuration: { cache: false, ...options.configuration },
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      onEvent: (event) => {
        events.push(event);
        options.onEvent?.(event);
      },
    });
    return { outcome, events };
  }

  /** Runs the pipeline `behave`. */
  async behave({ params = {}, settings = {}, vendor, onEvent, onRunning }: BehaveOptions): Promise<ClusterRun> {
    const runName = `behave-${randomUUID().slice(0, 13)}`;
    const abort = new AbortController();
    const own = vendor === undefined ? {} : { vendor: { 'orchestrator/kubernetes': vendor } };
    const [run] = await Promise.all([
      this.run('behave', {
        configuration: { runName, steps: { behave: { params, settings: { ...settings, ...own } } } },
        signal: abort.signal,
        ...(onEvent === undefined ? {} : { onEvent }),
      }),
      onRunning &&
        this.namespace.runningPod(runName).then((pod) => onRunning({ runName, pod, cancel: () => abort.abort() })),
    ]);
    return run;
  }

  /** Runs the pipeline `behave` by a driver in the background. */
  async detach({ params = {}, settings = {} }: Pick<BehaveOptions, 'params' | 'settings'>): Promise<DetachedRun> {
    const runName = `behave-${randomUUID().slice(0, 13)}`;
    return await submitPipeline(this.open(), {
      file: pipelineFile('behave'),
      configuration: { cache: false, runName, steps: { behave: { params, settings } } },
    });
  }

  async describe(runId: string): Promise<RunDescription> {
    return await describeRun(this.open(), runId);
  }

  /** With SIGKILL, and waits until the process is gone. */
  async killDriver(runId: string): Promise<void> {
    const { driver } = await this.describe(runId);
    if (driver === undefined) throw new Error(`${runId} has no driver`);
    process.kill(driver.pid, 'SIGKILL');
    while ((await this.describe(runId)).driver?.pid === driver.pid && isRunning(driver.pid)) await delay(20);
  }

  async resume(runId: string): Promise<RunOutcome> {
    return await resumeRun(this.open(), runId);
  }

  async stop(runId: string): Promise<StoppedRun> {
    return await stopRun(this.open(), runId);
  }

  /** The log as it comes, until a line says what is awaited. */
  async followUntil(runId: string, awaited: string): Promise<string[]> {
    const lines: string[] = [];
    for await (const { text } of readRunLog(this.open(), runId, { follow: true })) {
      lines.push(text);
      if (text === awaited) break;
    }
    return lines;
  }

  /** All that its steps printed and logged, line by line. */
  async readLog(runId: string): Promise<string[]> {
    const lines: string[] = [];
    for await (const { text } of readRunLog(this.open(), runId)) lines.push(text);
    return lines;
  }

  /** The packed code in the bucket, with when each was written. */
  async storedCode(): Promise<string[]> {
    return await this.#useStore(async (store) => {
      const found: string[] = [];
      for await (const { key, modifiedAt } of store.list('')) {
        if (key.endsWith('.pack')) found.push(`${key} ${modifiedAt.toISOString()}`);
      }
      return found;
    });
  }

  /** The bytes of all objects whose key has the text in it. */
  async dumpStore(part: string): Promise<string> {
    return await this.#useStore(async (store) => {
      const chunks: Uint8Array[] = [];
      for await (const { key } of store.list('')) {
        if (key.includes(part)) for await (const chunk of store.read(key)) chunks.push(chunk);
      }
      return Buffer.concat(chunks).toString('latin1');
    });
  }

  async remove(): Promise<void> {
    await this.#useStore(async (store) => {
      const keys: string[] = [];
      for await (const { key } of store.list('')) keys.push(key);
      await store.delete(keys);
    });
    await stopStack(this.open(), 'cluster', { deprovision: true });
    await this.namespace.remove();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #useStore<Result>(use: (store: ArtifactStore) => Promise<Result>): Promise<Result> {
    const stack = await openStack(this.open());
    try {
      return await use(await stack.component('artifact-store'));
    } finally {
      await stack.close();
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export function pipelineFile(name: string): string {
  return resolve(import.meta.dirname, 'pipelines', name.endsWith('.ts') ? name : `${name}.ts`);
}
