/** What became of an item. */
export type Outcome<T, R> =
  | { readonly item: T; readonly result: R }
  | { readonly item: T; readonly error: unknown };

/**
 * Works on items in their order and gives outcomes in the same; so many are under way at once, whatever the length of
 * the list.
 */
export async function* mapAhead<T, R>(
  items: Iterable<T>,
  atOnce: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<Outcome<T, R>> {
  const underWay: Promise<Outcome<T, R>>[] = [];
  for (const item of items) {
    underWay.push(
      work(item).then(
        (result) => ({ item, result }),
        (error: unknown) => ({ item, error }),
      ),
    );
    if (underWay.length >= atOnce) yield underWay.shift() as Promise<Outcome<T, R>>;
  }
  yield* underWay;
}
