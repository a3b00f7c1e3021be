/** undici's core without what belongs to `fetch`, caches and mocks, which would cost each process that loads it. */
declare module 'undici/lib/dispatcher/agent.js' {
  import { Agent } from 'undici';
  export default Agent;
}
declare module 'undici/lib/api/api-request.js' {
  import type { Dispatcher } from 'undici';
  export default function request(
    this: Dispatcher,
    // Its own types leave out iterables.
    options: Omit<Dispatcher.RequestOptions<null>, 'body'> & {
      readonly body: Uint8Array | AsyncIterable<Uint8Array> | null;
    },
  ): Promise<Dispatcher.ResponseData<null>>;
}
