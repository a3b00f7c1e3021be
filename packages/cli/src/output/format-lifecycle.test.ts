import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { formatLifecycle } from './format-lifecycle.ts';

test('what a component says of its calls and of its state stands below the table, with what to do', () => {
  const text = formatLifecycle([
    {
      type: 'metadata-store',
      name: 'default',
      calls: [{ call: 'deprovision', outcome: 'not-applicable' }],
      state: 'ready',
    },
    {
      type: 'orchestrator',
      name: 'k8s',
      calls: [{ call: 'deprovision', outcome: 'changed', message: 'namespace ml stays: it is not empty' }],
      state: 'ready',
      message: 'as it should be',
    },
    {
      type: 'artifact-store',
      name: 'prod',
      calls: [],
      error: { code: 'X', message: 'Could not reach it.', hint: 'Start it.' },
    },
  ]);
  expect(stripVTControlCharacters(text).split('\n')).toEqual([
    expect.stringMatching(/^COMPONENT +DONE +STATE$/),
    expect.stringMatching(/^metadata-store default +nothing to do +.*ready$/),
    expect.stringMatching(/^orchestrator k8s +deprovisioned +.*ready$/),
    expect.stringMatching(/^artifact-store prod +nothing to do +.*failed$/),
    'orchestrator k8s: namespace ml stays: it is not empty',
    'orchestrator k8s: as it should be',
    'artifact-store prod: Could not reach it.',
    '  → Start it.',
  ]);
});
