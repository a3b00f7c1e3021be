import { pipeline, step } from '@mlstack/core';

const width = 100;

const part = step({ name: 'part', cache: false, run: () => 'one object' });

/** As many steps as the hand-written Jobs, none of which waits for another. */
export const fanOut = pipeline('fan_out', () => {
  for (let index = 0; index < width; index++) part();
});

export const single = pipeline('single', () => part());
