/**
 * Works on items as they come, so many at once, and gives results in the order of the items, each as soon as it and those
 * before it are there: none waits for a later item to come. What an item, or the work on it, throws is thrown in its turn.
 *
 * @param items Is asked for several at once, which generators take one after the other.
 */
export async function* orderedMap<T, R>(
  items: AsyncIterable<T>,
  atOnce: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const iterator = items[Symbol.asyncIterator]();
  const begin = (): Promise<R[]> => {
    const results = iterator
      .next()
      .then(async ({ done, value }) => (done === true ? [] : [await work(value)]));
    // It is thrown in its turn, if that comes.
    results.catch(() => undefined);
    return results;
  };
  const underWay = Array.from({ length: atOnce }, begin);
  try {
    for (;;) {
      const next = underWay.shift();
      const results = await next;
      if (results === undefined || results.length === 0) return;
      underWay.push(begin());
      yield results[0];
    }
  } finally {
    // Not waited for: it may be waiting itself for what never comes.
    Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}
