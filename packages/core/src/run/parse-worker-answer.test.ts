import { expect, test } from 'vitest';
import { parseWorkerAnswer } from './parse-worker-answer.ts';

const line = { time: '2026-01-01T00:00:00.000Z', stream: 'log', level: 'info', text: 'said' };

test.each([
  { kind: 'ready' },
  { kind: 'log', id: 1, line },
  { kind: 'write-ended', id: 2, outcome: 'exists' },
  { kind: 'compiled', id: 1, plan: { formatVersion: 1 } },
  { kind: 'failed', id: 1, error: { name: 'Error', message: 'broken' } },
  { kind: 'executed', id: 1, result: null, reusable: false },
])('What a worker says is taken as it is: $kind', (answer) => {
  expect(parseWorkerAnswer(JSON.stringify(answer))).toEqual(answer);
});

test.each([
  ['no JSON', '{"kind":'],
  ['no object', 'null'],
  ['of no kind', '{"id":1}'],
  ['of a kind that no worker knows', '{"kind":"constructor","id":1}'],
  ['without the number of its job', '{"kind":"executed","result":{},"reusable":true}'],
  ['a line of a log without text', JSON.stringify({ kind: 'log', id: 1, line: { ...line, text: 1 } })],
  [
    'a line of a log in the name of what is printed',
    JSON.stringify({ kind: 'log', id: 1, line: { ...line, stream: 'stdout' } }),
  ],
  ['a line of a log with more in it', JSON.stringify({ kind: 'log', id: 1, line: { ...line, more: 'secret' } })],
  ['an outcome that no write has', '{"kind":"write-ended","id":1,"outcome":"lost"}'],
  ['no plan', '{"kind":"compiled","id":1,"plan":[]}'],
  ['an error without a message', '{"kind":"failed","id":1,"error":{"name":"Error"}}'],
  ['a worker that may or may not be used again', '{"kind":"executed","id":1,"result":{},"reusable":"yes"}'],
])('What no worker says is nothing: %s', (_what, text) => {
  expect(parseWorkerAnswer(text)).toBeUndefined();
});
