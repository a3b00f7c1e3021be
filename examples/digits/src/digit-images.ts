import { z } from 'zod';

/** Images of handwritten digits, one after the other, and which digit each shows. */
export const digitImages = z.object({
  /** `side` × `side` grey values from 0 to 1 for each image. */
  pixels: z.instanceof(Float32Array),
  /** 0 to 9. */
  labels: z.instanceof(Uint8Array),
  side: z.int(),
});
export type DigitImages = z.infer<typeof digitImages>;

export function imageAt({ pixels, side }: DigitImages, index: number): Float32Array {
  return pixels.subarray(index * side * side, (index + 1) * side * side);
}

export function pickImages(images: DigitImages, indices: readonly number[]): DigitImages {
  const size = images.side * images.side;
  const pixels = new Float32Array(indices.length * size);
  const labels = new Uint8Array(indices.length);
  indices.forEach((from, to) => {
    pixels.set(imageAt(images, from), to * size);
    labels[to] = images.labels[from] as number;
  });
  return { pixels, labels, side: images.side };
}
