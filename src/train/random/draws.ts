import { philox } from '../../tensor/training/philox.js';

/** What is drawn, each independent of the others: a new one goes to the end, or earlier runs cannot be resumed. */
const STREAMS = [
  'order',
  'partner',
  'cropA',
  'cropB',
  'poolA',
  'poolB',
  'weights',
  'dropout',
] as const;

export type Stream = (typeof STREAMS)[number];

const WORD = 2 ** 32;

/**
 * The random numbers of a training run. Each depends on the seed, on what is drawn and on its place there alone: a run that
 * is resumed draws what it would have drawn, and all there is to save is the seed.
 *
 * ```ts
 * const draws = new Draws(7);
 * draws.uniforms('order', 3, 0)[0] === new Draws(7).uniforms('order', 3, 0)[0]; // true
 * ```
 */
export class Draws {
  readonly #seed: number;

  /** @param seed From 0 to 2³² − 1. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  /**
   * Four numbers, uniform in [0, 1), of 32 bits each.
   * @param place Two counters, up to 2⁵³, such as epoch and position.
   */
  uniforms(
    stream: Stream,
    major: number,
    minor: number,
  ): readonly [number, number, number, number] {
    const [a, b, c, d] = philox(
      [this.#seed, STREAMS.indexOf(stream)],
      [minor % WORD, Math.floor(minor / WORD), major % WORD, Math.floor(major / WORD)],
    );
    return [a / WORD, b / WORD, c / WORD, d / WORD];
  }

  /** A whole number from 0 to 2³² − 1, of which other generators begin. */
  word(stream: Stream, place: number): number {
    return this.uniforms(stream, 0, place)[0] * WORD;
  }

  /** The numbers from 0 to `length` − 1 in random order, by Fisher and Yates. */
  permutation(stream: Stream, major: number, length: number): Uint32Array {
    const order = Uint32Array.from({ length }, (_, i) => i);
    for (let i = length - 1; i > 0; i--) {
      const j = below(i + 1, this.uniforms(stream, major, i)[0]);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }
}

/** A whole number from 0 to `count` − 1, of a number in [0, 1). */
export function below(count: number, uniform: number): number {
  return Math.floor(uniform * count);
}
