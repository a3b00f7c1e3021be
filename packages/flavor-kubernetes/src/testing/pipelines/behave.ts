import { setTimeout as delay } from 'node:timers/promises';
import { pipeline, step } from '@mlstack/core';
import { z } from '@mlstack/core/flavor';

/** A step that does what a test wants. */
const behave = step({
  name: 'behave',
  params: z.object({
    how: z.enum(['return', 'throw', 'exit', 'sleep', 'block', 'fill-memory', 'print', 'end-all']).default('return'),
    ms: z.number().default(0),
    text: z.string().default(''),
  }),
  run: async (_: object, { params: { how, ms, text }, attempt, signal }) => {
    if (text !== '') console.log(text);
    if (how === 'throw') throw new RangeError('behaved badly');
    if (how === 'exit') process.exit(3);
    if (how === 'sleep') await delay(ms, undefined, { signal });
    if (how === 'block') for (const end = Date.now() + ms; Date.now() < end; );
    if (how === 'end-all') {
      // The program that runs the step has read it, and not stored it yet.
      await delay(200);
      process.kill(process.ppid, 'SIGKILL');
      await delay(60_000);
    }
    if (how === 'fill-memory') {
      const held: Buffer[] = [];
      for (;;) {
        held.push(Buffer.alloc(8 * 2 ** 20, 1));
        await delay(5);
      }
    }
    const { BEHAVE_TOKEN = '' } = process.env;
    if (BEHAVE_TOKEN !== '') console.log(`the token is ${BEHAVE_TOKEN}`);
    return { attempt, length: BEHAVE_TOKEN.length };
  },
});

export default pipeline('behave', () => behave());
