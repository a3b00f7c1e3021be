import { pipeline, step } from '@mlstack/core';

const part = step({ name: 'part', run: () => 1 });

export default pipeline('wide', () => {
  for (let index = 0; index < 16; index++) part();
});
