import { expect, test } from 'vitest';
import type { MetadataStore } from '../component/metadata-store.ts';
import { RunRecorder } from './run-recorder.ts';

/** @param tells whether the store tells that the lease is held before the changes are durable. */
function createRecorder(tells: boolean) {
  const order: string[] = [];
  const metadataStore = {
    async record(...[, changes, , onHeld]: Parameters<MetadataStore['record']>) {
      if (tells) onHeld?.();
      order.push(`applied ${changes.length}`);
      await Promise.resolve();
      order.push('durable');
    },
  } as MetadataStore;
  const onEvent = ({ kind }: { readonly kind: string }) => void order.push(`told ${kind}`);
  const recorder = new RunRecorder({ metadataStore, lease: { runId: 'r', epoch: 1 }, ttlMs: 1000, onEvent });
  const start = (nodeId: string, early: boolean) =>
    recorder.add(
      { kind: 'node-started', nodeId, attempt: 1, inputs: {} },
      { kind: 'node-started', nodeId, attempt: 1 },
      { early, act: () => order.push(`began ${nodeId}`) },
    );
  return { recorder, order, start };
}

test('only what may begin early does so while it is recorded, and nothing is told before', async () => {
  const { recorder, order, start } = createRecorder(true);
  start('here', true);
  start('elsewhere', false);
  await recorder.flush();
  expect(order).toEqual([
    'began here',
    'applied 2',
    'durable',
    'told node-started',
    'told node-started',
    'began elsewhere',
  ]);
});

test('a store that does not tell lets all begin when their record is durable, once', async () => {
  const { recorder, order, start } = createRecorder(false);
  start('here', true);
  await recorder.flush();
  await recorder.flush();
  expect(order.filter((what) => what.startsWith('began'))).toEqual(['began here']);
  expect(order.indexOf('began here')).toBeGreaterThan(order.indexOf('durable'));
});
