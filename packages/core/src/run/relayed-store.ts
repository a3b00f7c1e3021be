import type { ArtifactStore, WriteOptions } from '../component/artifact-store.ts';
import type { ComponentContext } from '../component/stack-component.ts';
import { ObjectExistsError } from '../errors/artifact-store-errors.ts';
import type { SecretValues } from '../secret/redact.ts';
import type { ResolvedReference } from './step-request.ts';
import type { WorkerProcess } from './worker-process.ts';

export interface RelayedStoreOptions {
  readonly worker: WorkerProcess;
  readonly artifactStore: ResolvedReference;
  readonly context: ComponentContext;
  readonly secrets: SecretValues;
}

/** A worker whose step leaves it no time to write for us is not asked again. Long, since a busy machine is no reason, in milliseconds. */
const relayMs = 30_000;

/**
 * Writes to the artifact store of a step by its worker, which has loaded it for the step anyway: a store with its SDK is most of what a
 * short step costs. Loads it here where the worker is gone, busy or fails. Only for what may be written twice, or if absent.
 */
export class RelayedStore {
  readonly #options: RelayedStoreOptions;
  #own: Promise<ArtifactStore> | undefined;

  constructor(options: RelayedStoreOptions) {
    this.#options = options;
  }

  async write(key: string, body: Uint8Array, { ifAbsent = false }: WriteOptions = {}): Promise<void> {
    const outcome = this.#own === undefined ? await this.#relay(key, body, ifAbsent) : 'failed';
    if (outcome === 'exists') throw new ObjectExistsError(this.#options.artifactStore.name, key);
    if (outcome === 'written') return;
    await (await this.#load()).write(key, body, { ifAbsent, size: body.length });
  }

  async close(): Promise<void> {
    await (await this.#own?.catch(() => undefined))?.close();
  }

  async #relay(key: string, body: Uint8Array, ifAbsent: boolean): Promise<'written' | 'exists' | 'failed'> {
    const { worker, artifactStore, context } = this.#options;
    const text = Buffer.from(body).toString('utf8');
    return await worker.write({ artifactStore, context, key, text, ifAbsent }, relayMs);
  }

  #load(): Promise<ArtifactStore> {
    const { artifactStore, context, secrets } = this.#options;
    const load = async () => {
      const { createComponent } = await import('../component/create-component.ts');
      return await createComponent({ ...artifactStore, type: 'artifact-store' }, context, { secrets });
    };
    this.#own ??= load();
    this.#own.catch(() => {
      this.#own = undefined;
    });
    return this.#own;
  }
}
