import { hostname } from 'node:os';
import { pipeline, step } from '@mlstack/core';

const here = step({ name: 'here', run: () => hostname() });
const there = step({
  name: 'there',
  stepOperator: true,
  run: ({ first }: { first: string }) => ({ first, second: hostname() }),
});
const compare = step({
  name: 'compare',
  run: ({ hosts }: { hosts: { first: string; second: string } }) => {
    console.log(JSON.stringify({ ...hosts, third: hostname() }));
  },
});

export default pipeline('mixed', () => compare({ hosts: there({ first: here() }) }));
