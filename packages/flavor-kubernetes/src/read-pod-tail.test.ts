import { expect, test } from 'vitest';
import type { KubernetesApi } from './kubernetes-api.ts';
import { readPodTail } from './read-pod-tail.ts';

test('what is kept of a long log are its last whole lines', async () => {
  const log = Array.from({ length: 500 }, (_, index) => `${index} ${'ж'.repeat(200)}\n`).join('');
  const api = { core: { readNamespacedPodLog: async () => log } } as unknown as KubernetesApi;
  const tail = await readPodTail(api, 'n', 'p');
  expect(Buffer.byteLength(tail)).toBeLessThanOrEqual(64 * 1024);
  expect(Buffer.byteLength(tail)).toBeGreaterThan(63 * 1024);
  expect(log.endsWith(tail)).toBe(true);
  expect(tail).toMatch(/^\d+ ж/);
});
