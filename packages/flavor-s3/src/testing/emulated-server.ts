import type { AddressInfo } from 'node:net';
import { buildApp } from 'fauxqs';
import type { S3Config } from '../artifact-store.ts';

/** A server from npm, with its data in memory. It takes any credentials and ignores conditions. */
export class EmulatedServer {
  readonly #app = buildApp({ logger: false });

  async listen(): Promise<this> {
    await this.#app.listen({ host: '127.0.0.1', port: 0 });
    return this;
  }

  /** What reaches it. */
  get config() {
    const { port } = this.#app.server.address() as AddressInfo;
    return {
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      accessKeyId: 'any',
      secretAccessKey: 'any',
    } satisfies Partial<S3Config>;
  }

  async close(): Promise<void> {
    await this.#app.close();
  }
}
