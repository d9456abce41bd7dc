import type { Shaped } from '../nn/loadStateDict.js';
import type { Shape } from '../tensor/shape.js';

/** Networks have fewer keys; files that have more are not searched to their end. */
export const MAX_KEYS = 20_000;
/** Longer keys are no layer's. */
const MAX_LENGTH = 500;

/** Questions about the keys and shapes of a state dict, whatever stands before the network's own keys. */
export class KeyPatterns {
  readonly #entries: readonly (readonly [string, Shape])[];

  constructor(tensors: ReadonlyMap<string, Shaped>) {
    const entries: [string, Shape][] = [];
    for (const [key, { shape }] of tensors) {
      if (entries.length === MAX_KEYS) break;
      if (key.length <= MAX_LENGTH) entries.push([key, shape]);
    }
    this.#entries = entries;
  }

  /** Whether some key matches. `^` is the network's own beginning: prefixes such as `module.` or `netG.` may stand before it. */
  has(pattern: RegExp): boolean {
    return this.some(pattern, () => true);
  }

  hasAll(...patterns: readonly RegExp[]): boolean {
    return patterns.every((pattern) => this.has(pattern));
  }

  /** Whether a tensor whose key matches has such a shape. */
  some(pattern: RegExp, isSuch: (shape: Shape) => boolean): boolean {
    return this.#entries.some(([key, shape]) => pattern.test(key) && isSuch(shape));
  }

  /** Whether all keys match, and all their shapes are such. */
  every(pattern: RegExp, isSuch: (shape: Shape) => boolean): boolean {
    return this.#entries.every(([key, shape]) => pattern.test(key) && isSuch(shape));
  }

  /** Whether a convolution whose key matches has such a kernel, and that many output channels at most. */
  hasKernel(pattern: RegExp, size: number, maxChannels = Number.POSITIVE_INFINITY): boolean {
    return this.some(
      pattern,
      (shape) => isKernel(shape) && shape[2] === size && shape[0] <= maxChannels,
    );
  }

  /** Shapes of all weights that have two axes or more, in the file's order. */
  get weights(): readonly Shape[] {
    return this.#entries.map(([, shape]) => shape).filter(({ length }) => length > 1);
  }

  /** Key and shape of the last tensor that has more than one axis. */
  get lastWeight(): readonly [string, Shape] | undefined {
    return this.#entries.findLast(([, shape]) => shape.length > 1);
  }
}

export function isKernel(shape: Shape): boolean {
  return shape.length === 4;
}
