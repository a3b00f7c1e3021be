import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import type { RunEvent } from '@mlstack/core/project';
import { expect, test } from 'vitest';
import { RunProgress } from './run-progress.ts';

/** A terminal of 60 columns, or what is no terminal. */
function createOutput({ isTTY }: { isTTY: boolean }) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 60, rows: 24 });
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => String(stream.read() ?? '') }; // as much of one as is used
}

const started: RunEvent = {
  kind: 'run-started',
  runId: 'r',
  name: 'demo-1',
  pipeline: 'demo',
  stack: 'default',
  nodes: 2,
  resumed: false,
};

test('what a step or a module says cannot move the cursor or write over what was told', () => {
  for (const isTTY of [true, false]) {
    const output = createOutput({ isTTY });
    const progress = new RunProgress(output.stream);
    const evil = 'x\u001b[1A\u001b[2K\rfake';
    progress.print(`${evil}\n`);
    progress.handle(started);
    progress.handle({ kind: 'notice', message: evil });
    progress.handle({ kind: 'node-ended', nodeId: 'load', state: 'succeeded', previews: { output: evil } });
    const error = { name: 'Error', message: evil };
    progress.handle({ kind: 'node-ended', nodeId: 'train', state: 'failed', error });
    progress.close();
    const text = output.text();
    expect(text.split('x␛[1A␛[2K\n')).toHaveLength(5);
    for (const control of ['\u001b[1A', '\u001b[2K', '\r']) expect(text).not.toContain(control);
  }
});

test('without a terminal each event is a plain line', () => {
  const output = createOutput({ isTTY: false });
  const progress = new RunProgress(output.stream);
  progress.handle(started);
  progress.handle({ kind: 'node-started', nodeId: 'load', attempt: 1 });
  progress.handle({
    kind: 'node-ended',
    nodeId: 'load',
    state: 'succeeded',
    durationMs: 12,
    previews: { output: '[1, 2]' },
  });
  progress.handle({
    kind: 'node-ended',
    nodeId: 'train',
    state: 'failed',
    durationMs: 5,
    error: { name: 'RangeError', message: 'too big' },
  });
  progress.close();
  expect(stripVTControlCharacters(output.text())).toBe(
    [
      'demo-1  runs pipeline demo on stack default, 2 steps',
      '● load',
      '✔ load  12ms  [1, 2]',
      '✖ train  5ms',
      '  RangeError: too big',
      '',
    ].join('\n'),
  );
});

test('at a terminal what has been drawn is gone at the end, and the cursor is back', async () => {
  const output = createOutput({ isTTY: true });
  const progress = new RunProgress(output.stream);
  progress.handle(started);
  progress.handle({
    kind: 'node-started',
    nodeId: 'a_step_whose_name_is_longer_than_the_line_that_it_is_shown_on',
    attempt: 1,
  });
  await new Promise((resolve) => setTimeout(resolve, 250));
  const drawn = output.text();
  const live = stripVTControlCharacters(drawn)
    .split('\n')
    .filter((line) => line.startsWith('●'));
  expect(live.length).toBeGreaterThan(0);
  expect(live.every((line) => line.length < 60)).toBe(true);
  progress.handle({ kind: 'node-ended', nodeId: 'load', state: 'cached' });
  progress.close();
  const last = output.text();
  expect(stripVTControlCharacters(last)).toContain('↺ load  from the cache\n');
  expect(last.endsWith('\u001b[?25h')).toBe(true);
});

test('a terminal shows what waits for its next attempt until that begins', async () => {
  const output = createOutput({ isTTY: true });
  const progress = new RunProgress(output.stream);
  const drawn = async () => {
    output.text();
    await new Promise((resolve) => setTimeout(resolve, 250));
    return stripVTControlCharacters(output.text());
  };
  progress.handle(started);
  progress.handle({ kind: 'node-started', nodeId: 'load', attempt: 1 });
  const error = { name: 'Error', message: 'busy' };
  const failed = { kind: 'attempt-failed', nodeId: 'load', attempt: 1, error, nextInMs: 90_000 } as const;
  progress.handle({ ...failed, cause: { kind: 'completed' } });
  expect(await drawn()).toMatch(/◌ load {2}tried again in 1m ?\d+s/);
  progress.handle({ kind: 'node-started', nodeId: 'load', attempt: 2 });
  expect(await drawn()).not.toContain('tried again');
  progress.close();
});

test('a run of 10,000 steps is counted at a terminal, and only what failed is told', () => {
  const output = createOutput({ isTTY: true });
  const progress = new RunProgress(output.stream);
  progress.handle({ ...started, nodes: 10_000 });
  for (let index = 0; index < 10_000; index++) {
    progress.handle({ kind: 'node-started', nodeId: `n${index}`, attempt: 1 });
    progress.handle({ kind: 'node-ended', nodeId: `n${index}`, state: index === 7 ? 'failed' : 'succeeded' });
  }
  progress.close();
  const lines = stripVTControlCharacters(output.text()).trim().split('\n');
  expect(lines.length).toBeLessThan(5);
  expect(lines.join('\n')).toContain('✖ n7');
});
