import type { DigitImages } from './digit-images.ts';
import { imageAt } from './digit-images.ts';

/** Classifies an image as the majority of its `neighbours` nearest examples. */
export interface NearestNeighbours {
  readonly kind: 'neighbours';
  readonly neighbours: number;
  readonly examples: DigitImages;
}

export function classifyByNeighbours({ neighbours, examples }: NearestNeighbours, images: DigitImages): Uint8Array {
  const nearest = new Float64Array(neighbours);
  const nearestLabels = new Uint8Array(neighbours);
  return Uint8Array.from(images.labels, (_, index) => {
    const image = imageAt(images, index);
    nearest.fill(Number.POSITIVE_INFINITY);
    for (let example = 0; example < examples.labels.length; example++) {
      const furthest = nearest[neighbours - 1] as number;
      const distance = distanceBelow(image, imageAt(examples, example), furthest);
      if (distance >= furthest) continue;
      let place = neighbours - 1;
      for (; place > 0 && (nearest[place - 1] as number) > distance; place--) {
        nearest[place] = nearest[place - 1] as number;
        nearestLabels[place] = nearestLabels[place - 1] as number;
      }
      nearest[place] = distance;
      nearestLabels[place] = examples.labels[example] as number;
    }
    return majority(nearestLabels);
  });
}

/** Squared distance, or what of it was enough to pass `limit`. */
function distanceBelow(one: Float32Array, other: Float32Array, limit: number): number {
  let distance = 0;
  for (let pixel = 0; pixel < one.length && distance < limit; pixel++)
    distance += ((one[pixel] as number) - (other[pixel] as number)) ** 2;
  return distance;
}

function majority(labels: Uint8Array): number {
  const votes = new Uint8Array(10);
  for (const label of labels) votes[label] = (votes[label] as number) + 1;
  return votes.indexOf(Math.max(...votes));
}
