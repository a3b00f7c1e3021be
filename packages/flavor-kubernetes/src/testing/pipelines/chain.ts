import { pipeline, step } from '@mlstack/core';

const load = step({
  name: 'load',
  run: () => {
    console.log(`loading on ${process.env.HOSTNAME}`);
    return Array.from({ length: 100 }, (_, index) => index);
  },
});

const total = step({
  name: 'total',
  run: ({ numbers }: { numbers: number[] }) => ({ sum: numbers.reduce((sum, next) => sum + next, 0) }),
});

export default pipeline('chain', () => total({ numbers: load() }));
