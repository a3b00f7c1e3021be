import { z } from 'zod';
import type { Materializer } from '../artifact/materializer.ts';
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
export const value: number | Promise<number> = evaluate.run({
  model: { weights: new Float32Array(1) },
  test: { images: [], labels: [] },
});
