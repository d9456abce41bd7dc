import type { Shape } from '../../../tensor/shape.js';

/**
 * What has become of a value of a graph whose batches are split: `pictures`, one value each; one value as a `whole`; or `either`, as it is
 * asked for, such as a number that is repeated for all.
 */
export interface SplitValue {
  readonly kind: 'pictures' | 'whole' | 'either';
  /** As it was. */
  readonly shape: Shape;
  /** Number of the value that is all of it. @throws Unsplittable for pictures. */
  whole(): number;
  /** Number of the value that is picture `n`; of what is no batch, all of it. @throws Unsplittable for a whole batch. */
  picture(n: number): number;
}

/** A batch goes into something in a way that is not known of single pictures. */
export class Unsplittable extends Error {}

/** Whether a value of that shape is a batch of several pictures, if it is pictures at all. */
export function isBatch(shape: Shape): boolean {
  return (shape.length === 4 || shape.length === 2) && shape[0] > 1;
}

/** The shape of one picture of a batch. */
export function shapeOfOne(shape: Shape): number[] {
  return [1, ...shape.slice(1)];
}

export function wholeValue(shape: Shape, id: number): SplitValue {
  const picture = () => {
    if (isBatch(shape)) throw new Unsplittable();
    return id;
  };
  return { kind: 'whole', shape, whole: () => id, picture };
}

/** @param ids Numbers of its pictures. */
export function picturesValue(shape: Shape, ids: readonly number[]): SplitValue {
  if (ids.length === 1) return wholeValue(shape, ids[0]);
  const whole = () => {
    throw new Unsplittable();
  };
  return { kind: 'pictures', shape, whole, picture: (n) => ids[n] };
}

/** Made when it is first asked for. */
export function eitherValue(
  shape: Shape,
  make: { readonly whole: () => number; readonly picture: (n: number) => number },
): SplitValue {
  const pictures = new Map<number, number>();
  let all: number | null = null;
  return {
    kind: 'either',
    shape,
    whole: () => {
      all ??= make.whole();
      return all;
    },
    picture: (n) => {
      const known = pictures.get(n) ?? make.picture(n);
      pictures.set(n, known);
      return known;
    },
  };
}
