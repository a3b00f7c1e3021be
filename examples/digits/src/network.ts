import type { DigitImages } from './digit-images.ts';
import { imageAt } from './digit-images.ts';
import { seededRandom, shuffled } from './random.ts';

/** One hidden layer of rectified units, softmax at the end. */
export interface Network {
  readonly kind: 'network';
  readonly inputs: number;
  readonly hidden: number;
  /** `inputs` rows of `hidden` weights. */
  readonly inputWeights: Float32Array;
  readonly hiddenBias: Float32Array;
  /** `hidden` rows of ten weights. */
  readonly outputWeights: Float32Array;
  readonly outputBias: Float32Array;
}

export interface TrainingOptions {
  readonly epochs: number;
  readonly hidden: number;
  readonly learningRate: number;
  readonly seed: number;
  /** Called after each epoch with the mean loss. */
  readonly onEpoch?: (epoch: number, loss: number) => void;
}

const classes = 10;

/** Stochastic gradient descent on the cross entropy. */
export function trainNetwork(
  images: DigitImages,
  { epochs, hidden, learningRate, seed, onEpoch }: TrainingOptions,
): Network {
  const random = seededRandom(seed);
  const inputs = images.side * images.side;
  const spread = (count: number, scale: number) =>
    Float32Array.from({ length: count }, () => (random() * 2 - 1) * scale);
  const network: Network = {
    kind: 'network',
    inputs,
    hidden,
    inputWeights: spread(inputs * hidden, Math.sqrt(6 / (inputs + hidden))),
    hiddenBias: new Float32Array(hidden),
    outputWeights: spread(hidden * classes, Math.sqrt(6 / (hidden + classes))),
    outputBias: new Float32Array(classes),
  };
  const activations = new Float32Array(hidden);
  const probabilities = new Float32Array(classes);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const rate = learningRate * (1 - epoch / (epochs + 2));
    let loss = 0;
    for (const index of shuffled(images.labels.length, random)) {
      const image = imageAt(images, index);
      const label = images.labels[index] as number;
      forward(network, image, activations, probabilities);
      loss -= Math.log(Math.max(probabilities[label] as number, 1e-9));
      backward(network, image, activations, probabilities, label, rate);
    }
    onEpoch?.(epoch + 1, loss / images.labels.length);
  }
  return network;
}

export function classifyByNetwork(network: Network, images: DigitImages): Uint8Array {
  const activations = new Float32Array(network.hidden);
  const probabilities = new Float32Array(classes);
  return Uint8Array.from(images.labels, (_, index) => {
    forward(network, imageAt(images, index), activations, probabilities);
    return probabilities.indexOf(Math.max(...probabilities));
  });
}

function forward(network: Network, image: Float32Array, activations: Float32Array, probabilities: Float32Array): void {
  const { inputs, hidden, inputWeights, outputWeights } = network;
  activations.set(network.hiddenBias);
  for (let input = 0; input < inputs; input++) {
    const value = image[input] as number;
    if (value === 0) continue;
    for (let unit = 0; unit < hidden; unit++)
      activations[unit] = (activations[unit] as number) + value * (inputWeights[input * hidden + unit] as number);
  }
  probabilities.set(network.outputBias);
  for (let unit = 0; unit < hidden; unit++) {
    const value = Math.max(0, activations[unit] as number);
    activations[unit] = value;
    if (value === 0) continue;
    for (let digit = 0; digit < classes; digit++)
      probabilities[digit] =
        (probabilities[digit] as number) + value * (outputWeights[unit * classes + digit] as number);
  }
  const largest = Math.max(...probabilities);
  let sum = 0;
  for (let digit = 0; digit < classes; digit++)
    sum += probabilities[digit] = Math.exp((probabilities[digit] as number) - largest);
  for (let digit = 0; digit < classes; digit++) probabilities[digit] = (probabilities[digit] as number) / sum;
}

function backward(
  network: Network,
  image: Float32Array,
  activations: Float32Array,
  probabilities: Float32Array,
  label: number,
  rate: number,
): void {
  const { inputs, hidden, inputWeights, hiddenBias, outputWeights, outputBias } = network;
  probabilities[label] = (probabilities[label] as number) - 1;
  const gradients = new Float32Array(hidden);
  for (let unit = 0; unit < hidden; unit++) {
    const value = activations[unit] as number;
    if (value === 0) continue;
    let gradient = 0;
    for (let digit = 0; digit < classes; digit++) {
      const position = unit * classes + digit;
      gradient += (probabilities[digit] as number) * (outputWeights[position] as number);
      outputWeights[position] = (outputWeights[position] as number) - rate * (probabilities[digit] as number) * value;
    }
    gradients[unit] = gradient;
    hiddenBias[unit] = (hiddenBias[unit] as number) - rate * gradient;
  }
  for (let digit = 0; digit < classes; digit++)
    outputBias[digit] = (outputBias[digit] as number) - rate * (probabilities[digit] as number);
  for (let input = 0; input < inputs; input++) {
    const value = image[input] as number;
    if (value === 0) continue;
    for (let unit = 0; unit < hidden; unit++) {
      const position = input * hidden + unit;
      inputWeights[position] = (inputWeights[position] as number) - rate * value * (gradients[unit] as number);
    }
  }
}
