import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ValidationError } from '../errors/issue.ts';
import { compilePipeline } from './compile-pipeline.ts';
import type { Pipeline } from './pipeline.ts';
import { pipeline } from './pipeline.ts';
import type { RunConfiguration } from './plan.ts';
import { step } from './step.ts';

const load = step({
  name: 'load',
  outputs: { train: z.array(z.number()), test: z.array(z.number()) },
  run: () => ({ train: [1], test: [2] }),
});
const train = step({
  name: 'train',
  params: z.object({ epochs: z.int().default(5), label: z.string().default('a') }),
  retry: { attempts: 2 },
  run: ({ data }: { data: number[] }, { params }) => data.length * params.epochs,
});

function compile(described: Pipeline, configuration: RunConfiguration = {}) {
  return compilePipeline(described, { export: 'default', codeDigest: 'd', configuration, fingerprints: {} }).plan;
}
const two = pipeline('two', () => {
  const { train: examples, test: others } = load();
  const model = train({ data: examples }, { params: { epochs: 3 }, timeoutMs: 10 });
  train({ data: others }, { after: [model] });
});

function issuesOf(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof ValidationError)
      return error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw error;
  }
  return [];
}

describe('compiling a pipeline', () => {
  test('gives each call a node with its wiring, parameters and settings', () => {
    const { nodes } = compile(two);
    expect(nodes.map(({ id }) => id)).toEqual(['load', 'train', 'train_2']);
    expect(nodes[1]).toMatchObject({
      inputs: { data: { node: 'load', output: 'train' } },
      params: { epochs: 3, label: 'a' },
      settings: { retry: { attempts: 2 }, timeoutMs: 10 },
      singleOutput: true,
    });
    expect(nodes[2]).toMatchObject({ after: ['train'], params: { epochs: 5, label: 'a' } });
  });

  test('gives the same plan each time', () => {
    expect(compile(two)).toEqual(compile(two));
  });

  test('lays the run configuration over what the pipeline says, by step and by node', () => {
    const { nodes } = compile(two, {
      cache: false,
      steps: { train: { params: { epochs: 7 } }, train_2: { params: { label: 'b' } } },
    });
    expect(nodes.map(({ params }) => params)).toEqual([{}, { epochs: 7, label: 'a' }, { epochs: 7, label: 'b' }]);
    expect(nodes.every(({ settings }) => settings.cache === false)).toBe(true);
  });

  test('reads parameters from text as the schema takes them', () => {
    const { nodes } = compile(two, { paramTexts: { 'train.epochs': '9', 'train_2.label': '5' } });
    expect(nodes.slice(1).map(({ params }) => params)).toEqual([
      { epochs: 9, label: 'a' },
      { epochs: 9, label: '5' },
    ]);
  });

  test('reports everything that is wrong at once', () => {
    const issues = issuesOf(() =>
      compile(two, { steps: { trian: {}, train: { params: { epoch: 1, epochs: 'x' }, settings: { timeoutMs: -1 } } } }),
    );
    expect(issues).toEqual([
      'steps.trian: is no step of this pipeline; did you mean "train"?',
      'train.settings.timeoutMs: must be a whole number above 0',
      'train.params.epoch: is no parameter; did you mean "epochs"?',
      expect.stringMatching(/^train\.params\.epochs: /),
      'train_2.settings.timeoutMs: must be a whole number above 0',
      'train_2.params.epoch: is no parameter; did you mean "epochs"?',
      expect.stringMatching(/^train_2\.params\.epochs: /),
    ]);
  });

  test('refuses a plain value where an output of a step is wanted', () => {
    expect(issuesOf(() => compile(pipeline('p', () => train({ data: [1] as never }))))).toEqual([
      'train.inputs.data: is not an output of a step',
    ]);
  });

  test('refuses parameters that a plan cannot keep', () => {
    const at = step({ name: 'at', params: z.object({ when: z.date() }), run: () => 1 });
    expect(issuesOf(() => compile(pipeline('p', () => at({}, { params: { when: new Date(0) } }))))).toEqual([
      'at.params.when: is not JSON',
    ]);
  });

  test('refuses an async description and one that calls no step', () => {
    expect(() => compile(pipeline('p', async () => load()))).toThrow('its description is async');
    expect(() => compile(pipeline('p', () => {}))).toThrow('calls no step');
  });

  test('refuses a step that is called outside a pipeline', () => {
    expect(() => load()).toThrow('was called outside a pipeline');
  });

  test('has no fingerprint for a step that the bundler did not find', () => {
    expect(compile(two).nodes[0]?.fingerprint).toEqual({ uncached: expect.stringContaining('made inside a function') });
  });

  test('takes time that grows with the number of steps and no faster', () => {
    const wide = pipeline('wide', () => {
      const { train: examples } = load();
      for (let index = 0; index < 10_000; index++) train({ data: examples });
    });
    expect(compile(wide).nodes).toHaveLength(10_001);
  });
});

describe('a step outside a pipeline', () => {
  test('is a plain call with its parameters parsed', async () => {
    expect(await train.run({ data: [1, 2] })).toBe(10);
    expect(await train.run({ data: [1, 2] }, { epochs: 2 })).toBe(4);
  });

  test('cannot be defined with a name that no plan could keep', () => {
    for (const name of ['', '../x', 'a\nb', 'x'.repeat(10_000), '1st'])
      expect(() => step({ name, run: () => 1 })).toThrow('cannot be defined');
  });
});
