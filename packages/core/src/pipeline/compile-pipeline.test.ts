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

  test('has a fingerprint from the bundler, or from a cacheKey', () => {
    const made = (site?: string) =>
      (step as (definition: object, site?: string) => () => unknown)({ name: 'made', run: () => 1 }, site);
    const planOf = (described: Pipeline) =>
      compilePipeline(described, {
        export: 'default',
        codeDigest: 'd',
        fingerprints: { 'a.ts#made': { sha256: 'f', parts: { code: 'c' } } },
      }).plan.nodes.map(({ fingerprint }) => fingerprint);
    const call = made('a.ts#made');
    expect(planOf(pipeline('p', () => [call(), call()]))).toEqual([
      { sha256: 'f', parts: { code: 'c' } },
      { sha256: 'f', parts: { code: 'c' } },
    ]);
    expect(planOf(pipeline('p', { steps: { cacheKey: 'v1' } }, made()))).toEqual([
      { sha256: expect.stringMatching(/^[0-9a-f]{64}$/), parts: { cacheKey: expect.any(String) } },
    ]);
  });

  test('refuses assets that the code makes up, for the bundler has not seen them', () => {
    const assets = ['./data'].map((path) => path);
    const reads = step({ name: 'reads', assets, run: () => 1 });
    const described = pipeline('reading', { assets }, () => {
      reads();
    });
    expect(issuesOf(() => compile(described))).toEqual([
      'assets: was made up by the code, so that its files were not taken along',
      'reads.assets: was made up by the code, so that its files were not taken along',
    ]);
    const seen = step({ name: 'seen', assets: ['file:///bundle/assets/data'], run: () => 1 });
    const { nodes } = compile(pipeline('seen', () => void seen()));
    expect(nodes[0]?.settings).toEqual({});
  });

  test('does not cache steps that one place in the code makes several of', () => {
    const makeAt = (name: string) =>
      (step as (definition: object, site: string) => () => unknown)({ name, run: () => 1 }, 'a.ts#made');
    const { nodes } = compile(pipeline('p', () => ['one', 'two'].map((name) => makeAt(name)())));
    expect(nodes.map(({ fingerprint }) => Object.keys(fingerprint))).toEqual([['uncached'], ['uncached']]);
  });

  test('refuses two steps of one name, also when it differs in case alone', () => {
    const other = step({ name: 'LOAD', run: () => 1 });
    expect(issuesOf(() => compile(pipeline('p', () => [load(), other()])))).toEqual([
      'LOAD_2: is another step than the one that is named "load" too',
    ]);
  });

  test('gives ids that differ also without regard to case', () => {
    const second = step({ name: 'Load_2', run: () => 1 });
    const { nodes } = compile(pipeline('p', () => [load(), second(), load(), load()]));
    expect(nodes.map(({ id }) => id)).toEqual(['load', 'Load_2', 'load_3', 'load_4']);
  });

  test('refuses an output of another pipeline', () => {
    let stolen = {} as ReturnType<typeof load>;
    compile(
      pipeline('first', () => {
        stolen = load();
      }),
    );
    expect(issuesOf(() => compile(pipeline('p', () => [load(), train({ data: stolen.train })])))).toEqual([
      'train.inputs.data: comes from "load" of another pipeline, or of another description of this one',
    ]);
  });

  test('refuses to use an output as a value', () => {
    expect(() =>
      compile(pipeline('p', () => train({ data: load().train }, { params: { label: `${load().test}` } }))),
    ).toThrow('The output "test" of "load_2" is used as a value');
  });

  test('lays settings over each other, those that are objects key by key', () => {
    const settings = (configuration: RunConfiguration) =>
      compile(
        pipeline('p', { steps: { timeoutMs: 5, retry: { attempts: 9 }, env: ['A'] } }, () =>
          train({ data: load().train }, { retry: { attempts: 3 }, env: ['B'], resources: { cpu: 1 } }),
        ),
        configuration,
      ).nodes[1]?.settings;
    expect(settings({ steps: { train: { settings: { resources: { memory: '1Gi' } } } } })).toEqual({
      timeoutMs: 5,
      retry: { attempts: 3 },
      env: ['B'],
      resources: { cpu: 1, memory: '1Gi' },
    });
    const cached = { train: { settings: { cache: true } } };
    expect(settings({ cache: false, steps: cached })?.cache).toBe(false);
    expect(settings({ cache: true, steps: { train: { settings: { cache: false } } } })?.cache).toBe(false);
  });

  test('gives the description the parameters of the pipeline', () => {
    const described = pipeline('p', { params: z.object({ folds: z.int().default(2) }) }, ({ folds }) => {
      for (let fold = 0; fold < folds; fold++) load();
    });
    expect(compile(described).nodes).toHaveLength(2);
    expect(compile(described, { paramTexts: { folds: '3' } }).nodes).toHaveLength(3);
    expect(
      issuesOf(() =>
        compile(
          pipeline('none', () => load()),
          { paramTexts: { fold: '3' } },
        ),
      ),
    ).toEqual(['params.fold: the pipeline has no parameters of its own']);
    expect(issuesOf(() => compile(described, { paramTexts: { fold: '3' }, params: { folds: 0.5 } }))).toEqual([
      'params.fold: is no parameter; did you mean "folds"?',
      expect.stringMatching(/^params\.folds: /),
    ]);
  });

  test('says so when a schema of parameters cannot be checked', () => {
    const slow = step({ name: 'slow', params: z.object({}).refine(async () => true), run: () => 1 });
    expect(issuesOf(() => compile(pipeline('p', () => slow())))).toEqual([
      expect.stringMatching(/^slow\.params: cannot be checked/),
    ]);
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

  test('gives what the schemas of its outputs make of what it returns', async () => {
    const counted = step({
      name: 'counted',
      outputs: { count: z.string().transform(Number) },
      run: () => ({ count: '3' }),
    });
    expect(await counted.run({})).toEqual({ count: 3 });
  });

  test('cannot be defined with a name that no plan could keep', () => {
    for (const name of ['', '../x', 'a\nb', 'x'.repeat(10_000), '1st'])
      expect(() => step({ name, run: () => 1 })).toThrow('cannot be defined');
  });

  test('cannot be defined with outputs that nothing stores', () => {
    for (const outputs of [
      {},
      { '../x': z.string() },
      { a: z.string(), A: z.string() },
      { a: String },
      { a: { id: 'x', version: 0, save() {}, load() {} } },
      { a: { id: 'x y', version: 1, save() {}, load() {} } },
    ])
      expect(() => step({ name: 'a', outputs: outputs as never, run: () => ({}) as never })).toThrow(
        'cannot be defined',
      );
  });
});
