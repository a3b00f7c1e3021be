/**
 * Runs `work` for each item, at most `concurrency` at once, and gives the answers in the items' order. A failure ends it once
 * what is under way has settled.
 */
export async function* inOrder<Item, Answer>(items: AsyncIterable<Item> | Iterable<Item>, concurrency: number, work: (item: Item, index: number) => Promise<Answer>): AsyncGenerator<Answer> {
  const underWay: Promise<Answer>[] = [];
  let index = 0;
  try {
    for await (const item of items) {
      const answer = work(item, index++);
      // A rejection is met when its turn comes; until then it must not count as unhandled.
      answer.catch(() => {});
      underWay.push(answer);
      if (underWay.length >= concurrency) yield await (underWay.shift() as Promise<Answer>);
    }
    while (underWay.length > 0) yield await (underWay.shift() as Promise<Answer>);
  } finally {
    await Promise.allSettled(underWay);
  }
}
