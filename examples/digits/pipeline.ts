import { pipeline, step, textFile } from '@mlstack/core';
import { z } from 'zod';
import type { Confusion } from './src/confusion.ts';
import { confusionOf, drawConfusion } from './src/confusion.ts';
import type { DigitImages } from './src/digit-images.ts';
import { digitImages, pickImages } from './src/digit-images.ts';
import { loadMnist } from './src/load-mnist.ts';
import type { NearestNeighbours } from './src/neighbours.ts';
import { classifyByNeighbours } from './src/neighbours.ts';
import type { Network } from './src/network.ts';
import { classifyByNetwork, trainNetwork as train } from './src/network.ts';
import { seededRandom, shuffled } from './src/random.ts';

export const loadDigits = step({
  name: 'load_digits',
  params: z.object({ heldOut: z.number().min(0.05).max(0.5).default(0.2), seed: z.int().default(42) }),
  outputs: { train: digitImages, test: digitImages },
  run: async (_: Record<never, never>, { params, log }) => {
    const all = await loadMnist();
    const order = shuffled(all.labels.length, seededRandom(params.seed));
    const held = Math.round(order.length * params.heldOut);
    log.info(`${order.length - held} digits to learn from, ${held} held out`);
    return { train: pickImages(all, order.slice(held)), test: pickImages(all, order.slice(0, held)) };
  },
});

export const trainNetwork = step({
  name: 'train_network',
  params: z.object({
    epochs: z.int().positive().default(8),
    hidden: z.int().positive().default(64),
    learningRate: z.number().positive().default(0.03),
    seed: z.int().default(1),
  }),
  run: ({ digits }: { digits: DigitImages }, { params, log }): Network =>
    train(digits, {
      ...params,
      onEpoch: (epoch, loss) => log.info(`epoch ${epoch} of ${params.epochs}: loss ${loss.toFixed(4)}`),
    }),
});

/** Learns by heart, and chooses on a part of what it knows how many neighbours should vote. */
export const chooseNeighbours = step({
  name: 'choose_neighbours',
  params: z.object({
    candidates: z.array(z.int().positive()).min(1).default([1, 3, 5]),
    trials: z.int().positive().default(300),
  }),
  run: ({ digits }: { digits: DigitImages }, { params, log }): NearestNeighbours => {
    const indices = digits.labels.keys().toArray();
    const trial = pickImages(digits, indices.slice(0, params.trials));
    const examples = pickImages(digits, indices.slice(params.trials));
    const scored = params.candidates.map((neighbours) => {
      const { accuracy } = confusionOf(
        trial.labels,
        classifyByNeighbours({ kind: 'neighbours', neighbours, examples }, trial),
      );
      log.info(`${neighbours} neighbours: accuracy ${accuracy.toFixed(3)}`);
      return { neighbours, accuracy };
    });
    const best = scored.reduce((one, other) => (other.accuracy > one.accuracy ? other : one));
    return { kind: 'neighbours', neighbours: best.neighbours, examples: digits };
  },
});

export const evaluate = step({
  name: 'evaluate',
  run: ({ model, digits }: { model: Network | NearestNeighbours; digits: DigitImages }, { metadata }): Confusion => {
    const guessed = model.kind === 'network' ? classifyByNetwork(model, digits) : classifyByNeighbours(model, digits);
    const confusion = confusionOf(digits.labels, guessed);
    metadata({ accuracy: confusion.accuracy });
    return confusion;
  },
});

export const report = step({
  name: 'report',
  outputs: { accuracy: z.number(), best: z.enum(['network', 'neighbours']), confusion: textFile('confusion.svg') },
  run: ({ network, neighbours }: { network: Confusion; neighbours: Confusion }, { log }) => {
    const best = network.accuracy >= neighbours.accuracy ? 'network' : 'neighbours';
    const { accuracy, counts } = best === 'network' ? network : neighbours;
    log.info(`network ${network.accuracy.toFixed(4)}, neighbours ${neighbours.accuracy.toFixed(4)}`);
    return {
      accuracy,
      best,
      confusion: drawConfusion(counts, `${(accuracy * 100).toFixed(1)} % of held-out digits read right (${best})`),
    };
  },
});

export default pipeline('digits', () => {
  const { train: examples, test } = loadDigits();
  const network = evaluate({ model: trainNetwork({ digits: examples }), digits: test });
  const neighbours = evaluate({ model: chooseNeighbours({ digits: examples }), digits: test });
  return report({ network, neighbours });
});
