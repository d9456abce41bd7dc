import { expect, it } from 'vitest';
import { orderedMap } from '../../src/platform/orderedMap.js';

/** Promises that are settled from outside. */
function latches(count: number) {
  return Array.from({ length: count }, () => {
    let open: (value: unknown) => void = () => undefined;
    let fail: (error: Error) => void = () => undefined;
    const promise = new Promise<unknown>((resolve, reject) => {
      open = resolve;
      fail = reject;
    });
    return { promise, open, fail };
  });
}

async function* numbers(count: number, onTaken: (i: number) => void = () => undefined) {
  for (let i = 0; i < count; i++) {
    onTaken(i);
    yield i;
  }
}

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

it('gives results in the order of the items, whichever is there first', async () => {
  const gates = latches(5);
  const results = collected(orderedMap(numbers(5), 3, (i) => gates[i].promise));
  for (const i of [2, 1, 0, 4, 3]) gates[i].open(`result ${i}`);
  expect(await results).toEqual([0, 1, 2, 3, 4].map((i) => `result ${i}`));
});

it('has so many under way, and one that is given', async () => {
  const taken: number[] = [];
  const gates = latches(10);
  const results = orderedMap(
    numbers(10, (i) => taken.push(i)),
    3,
    (i) => gates[i].promise,
  );
  const first = results.next();
  await expect.poll(() => taken.length).toBe(3);
  gates[0].open(0);
  await first;
  await expect.poll(() => taken.length).toBe(4);
});

it('gives a result when no later item has come', async () => {
  async function* slow() {
    yield 1;
    await new Promise(() => undefined);
  }
  expect(await orderedMap(slow(), 4, async (i) => i + 1).next()).toEqual({ value: 2, done: false });
});

it('throws in its turn what the work on an item throws, or the items', async () => {
  const before: number[] = [];
  const gates = latches(3);
  const results = orderedMap(numbers(3), 3, async (i) => {
    await gates[i].promise;
    return i;
  });
  gates[1].fail(new Error('item 1'));
  gates[2].open(2);
  gates[0].open(0);
  await expect(
    (async () => {
      for await (const result of results) before.push(result);
    })(),
  ).rejects.toThrow('item 1');
  expect(before).toEqual([0]);
  async function* ending() {
    yield 1;
    throw new Error('the end');
  }
  await expect(collected(orderedMap(ending(), 2, async (i) => i))).rejects.toThrow('the end');
});

it('gives nothing of nothing', async () => {
  expect(await collected(orderedMap(numbers(0), 3, async (i) => i))).toEqual([]);
});
