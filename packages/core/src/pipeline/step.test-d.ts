import { z } from 'zod';
import type { Materializer } from '../artifact/materializer.ts';
import type { ArtifactHandle } from './artifact-handle.ts';
import { pipeline } from './pipeline.ts';
import { step } from './step.ts';

interface Model {
  readonly weights: Float32Array;
}
declare const tensors: Materializer<Model>;
const digits = z.object({ images: z.array(z.number()), labels: z.array(z.int()) });
type Digits = z.infer<typeof digits>;

const load = step({
  name: 'load',
  outputs: { train: digits, test: digits },
  run: async () => ({ train: { images: [], labels: [] }, test: { images: [], labels: [] } }),
});
const train = step({
  name: 'train',
  params: z.object({ epochs: z.int().default(5), rate: z.number().optional() }),
  outputs: { model: tensors },
  run: async ({ train }: { train: Digits }, { params }) => {
    const epochs: number = params.epochs;
    return { model: { weights: new Float32Array(train.labels.length * epochs) } };
  },
});
const evaluate = step({
  name: 'evaluate',
  run: ({ model, test }: { model: Model; test: Digits }) => model.weights.length + test.labels.length,
});
const limit = step({
  name: 'limit',
  params: z.object({ max: z.number() }),
  run: (_: Record<never, never>, { params }) => params.max,
});
const compare = step({
  name: 'compare',
  params: z.object({ seed: z.number() }).partial(),
  outputs: { best: z.enum(['one', 'other']), scores: z.array(z.number().default(0)), any: z.unknown() },
  retry: { attempts: 2 },
  vendor: { 'orchestrator/kubernetes': { nodeSelector: { disk: 'ssd' } } },
  onFailure: ({ failure, log }) => log.error(failure ?? ''),
  run: async ({ one }: { one: number | string }, { log }) => {
    const best = one === 1 ? 'one' : 'other';
    log.info(best);
    return { best, scores: [1, undefined], any: null };
  },
});
const judge = step({
  name: 'judge',
  outputs: { verdict: z.enum(['good', 'bad']), detail: z.object({ kinds: z.array(z.enum(['x', 'y'])) }) },
  run: ({ score }: { score: number }) => ({ verdict: score > 1 ? 'good' : 'bad', detail: { kinds: ['x', 'y'] } }),
});
const shape = step({
  name: 'shape',
  outputs: { size: z.tuple([z.number(), z.number()]), found: z.literal(3) },
  run: () => ({ size: [28, 28] as const, found: 3 as const }),
});
const list = step({ name: 'list', run: () => [1, 2, 3] });
const words = step({ name: 'words', run: () => ['one', 'two'] });
const word = step({ name: 'word', run: () => 'one' });
const later = step({ name: 'later', run: async () => [1, 2, 3] });
const start = step({ name: 'start', run: () => ({ weights: [0, 0], bias: 0, done: false }) });
const side = step({ name: 'side', run: (): 'left' | 'right' => 'left' });
const nothing = step({ name: 'nothing', run: () => {} });
const failing = step({
  name: 'failing',
  run: () => {
    throw new Error('no');
  },
});
const next = step({
  name: 'next',
  run: ({ state }: { state: { weights: number[]; bias: number; done: boolean } }) => ({ ...state, done: true }),
});
const fetched = step({ name: 'fetched', run: async (): Promise<unknown> => JSON.parse('1') });
const passed = step({ name: 'passed', run: ({ value }: { value: unknown }) => value });
function keep<Value>(value: Value) {
  return step({ name: 'keep', cacheKey: 'keep', run: () => value });
}
const total = step({ name: 'total', run: ({ values }: { values: number[] }) => values.length });
type Same<Type, Other> = (<T>() => T extends Type ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false;
export const inferred: [
  Same<ReturnType<typeof list>, ArtifactHandle<number[]>>,
  Same<ReturnType<typeof words>, ArtifactHandle<string[]>>,
  Same<ReturnType<typeof word>, ArtifactHandle<string>>,
  Same<ReturnType<typeof later>, ArtifactHandle<number[]>>,
  Same<ReturnType<typeof start>, ArtifactHandle<{ weights: number[]; bias: number; done: boolean }>>,
  Same<ReturnType<typeof side>, ArtifactHandle<'left' | 'right'>>,
  Same<ReturnType<typeof nothing>, ArtifactHandle<void>>,
  Same<ReturnType<typeof judge>['verdict'], ArtifactHandle<'good' | 'bad'>>,
  Same<ReturnType<typeof shape>['size'], ArtifactHandle<[number, number]>>,
] = [true, true, true, true, true, true, true, true, true];
const maybe = step({ name: 'maybe', run: ({ before }: { before?: number }) => (before ?? 0) + 1 });

pipeline('digits', () => {
  const { train: trainSet, test } = load();
  const { model } = train({ train: trainSet }, { params: { epochs: 3 } });
  train({ train: trainSet });
  const score = evaluate({ model, test });
  let count = maybe();
  count = maybe({ before: count });
  maybe({ before: score }, { after: [model] });
  limit({}, { params: { max: 3 } });
  const { best } = compare({ one: score });
  compare({ one: best }, { retry: { attempts: 3 }, after: [model, best] });
  // The lists, numbers and texts that a step without `outputs` returns are those of any function: a loop may take up its own result.
  let state = start();
  state = next({ state });
  total({ values: list() });
  total({ values: later() });
  total({ values: failing() });
  passed({ value: fetched() });
  passed({ value: passed({ value: keep([1])() }) });
  total({ values: keep([1])() });
  // @ts-expect-error what is not known may be no list
  total({ values: fetched() });
  // @ts-expect-error a list of texts is no list of numbers
  total({ values: keep(['one'])() });
  // @ts-expect-error an input that may be text is given to one that must be a number
  maybe({ before: best });
  // @ts-expect-error a setting of the wrong type
  maybe({}, { timeoutMs: '5s' });
  // @ts-expect-error no such setting
  maybe({}, { timeout: 5 });
  // @ts-expect-error an artifact is no parameter
  limit({}, { params: { max: score } });
  // @ts-expect-error a whole step's outputs are not one output
  train({ train: load() });
  // @ts-expect-error an output that the step does not have
  load().validation;
  // @ts-expect-error a model is not digits
  train({ train: model });
  // @ts-expect-error an input is missing
  evaluate({ model });
  // @ts-expect-error no such input
  evaluate({ model, test, extra: test });
  // @ts-expect-error a parameter of the wrong type
  train({ train: trainSet }, { params: { epochs: 'three' } });
  // @ts-expect-error no such parameter
  train({ train: trainSet }, { params: { epoch: 3 } });
  // @ts-expect-error a required parameter is missing
  limit({});
  // @ts-expect-error a plain value is no artifact
  maybe({ before: 3 });
  return score;
});

// @ts-expect-error run returns something else than the outputs say
step({ name: 'wrong', outputs: { train: digits }, run: async () => ({ train: 5 }) });
// @ts-expect-error the materializer stores something else
step({ name: 'wrong', outputs: { model: tensors }, run: () => ({ model: { weights: [1, 2] } }) });
// @ts-expect-error an output is not returned
step({ name: 'wrong', outputs: { train: digits, test: digits }, run: () => ({ train: { images: [], labels: [] } }) });
// @ts-expect-error no literal of the enum
step({ name: 'wrong', outputs: { best: z.enum(['one', 'other']) }, run: () => ({ best: 'third' }) });
// @ts-expect-error a hook that is no function
step({ name: 'wrong', onSuccess: 'mail', run: () => 1 });
step({
  name: 'wrong',
  params: z.object({ epochs: z.int() }),
  // @ts-expect-error no such parameter
  run: (_: Record<never, never>, { params }) => params.epoch,
});
pipeline('parameters', { params: z.object({ rate: z.number() }) }, ({ rate }) => limit({}, { params: { max: rate } }));
// @ts-expect-error the pipeline has no such parameter
pipeline('parameters', { params: z.object({ rate: z.number() }) }, ({ speed }) =>
  limit({}, { params: { max: speed } }),
);
// @ts-expect-error no such failure mode
pipeline('parameters', { failureMode: 'ignore' }, () => maybe());

export const whatever: unknown = step({ name: 'whatever', run: () => 1 });
export let loose = JSON.parse('');
loose = step({ name: 'loose', run: () => [1] });
export const made = [() => step({ name: 'made', run: () => 1 })].map((make) => make().run({}));
declare function take<Value>(make: () => Value): Value;
export const taken = take(() => step({ name: 'taken', run: () => [1] })).run({});

export const value: number | Promise<number> = evaluate.run({
  model: { weights: new Float32Array(1) },
  test: { images: [], labels: [] },
});
