/** What became of an item. */
export type Prefetched<T, R> =
  | { readonly item: T; readonly result: R }
  | { readonly item: T; readonly error: unknown };

/**
 * Works on items in their order and gives outcomes in the same; so many are under way at once, whatever the length of
 * the list.
 */
export async function* prefetchMap<T, R>(
  items: Iterable<T>,
  atOnce: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<Prefetched<T, R>> {
  const underWay: Promise<Prefetched<T, R>>[] = [];
  for (const item of items) {
    underWay.push(
      work(item).then(
        (result) => ({ item, result }),
        (error: unknown) => ({ item, error }),
      ),
    );
    if (underWay.length >= atOnce) yield underWay.shift() as Promise<Prefetched<T, R>>;
  }
  yield* underWay;
}
