import { afterEach, expect, test, vi } from 'vitest';
import type { ArtifactStore } from '../component/artifact-store.ts';
import { ArtifactStoreError } from '../errors/artifact-store-errors.ts';
import { readStepResult } from './read-step-result.ts';

afterEach(() => vi.restoreAllMocks());

test('a result is read though the machine slept between two tries', async () => {
  let asleepMs = 0;
  const now = Date.now.bind(Date);
  vi.spyOn(Date, 'now').mockImplementation(() => now() + asleepMs);
  async function* read() {
    asleepMs += 3_600_000;
    if (asleepMs < 3 * 3_600_000) throw new ArtifactStoreError('read', 'k', new Error('no network'));
    yield Buffer.from('{}');
  }
  const options = { signal: new AbortController().signal, patienceMs: 300_000, onTrouble: () => {} };
  const bytes = await readStepResult({ read } as unknown as ArtifactStore, 'p/', options);
  expect(Buffer.from(bytes ?? []).toString()).toBe('{}');
});
