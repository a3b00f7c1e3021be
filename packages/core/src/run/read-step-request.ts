import { setTimeout as delay } from 'node:timers/promises';
import type { ArtifactStore } from '../component/artifact-store.ts';
import { requestKey } from './request-key.ts';
import type { StepRequest } from './step-request.ts';

const patienceMs = 300_000;

/** The request that waits for its executor. A store that fails is asked again for some minutes. */
export async function readStepRequest(store: ArtifactStore, outputPrefix: string): Promise<StepRequest> {
  const limit = Date.now() + patienceMs;
  for (let wait = 200; ; wait = Math.min(wait * 2, 10_000)) {
    try {
      const chunks: Uint8Array[] = [];
      for await (const chunk of store.read(requestKey(outputPrefix))) chunks.push(chunk);
      return JSON.parse(Buffer.concat(chunks).toString('utf8')) as StepRequest;
    } catch (error) {
      const isMissing = (error as { readonly code?: unknown }).code === 'OBJECT_NOT_FOUND';
      if (isMissing || Date.now() + wait > limit) throw error;
      await delay(wait);
    }
  }
}
