import type { KeyPatterns } from './keyPatterns.js';

/** A network whose files people have, and that is of no family that can be run. */
export interface OtherNetwork {
  readonly name: string;
  /** What it asks for that is not here, or what to do. */
  readonly advice: string;
  matches(keys: KeyPatterns): boolean;
}

/** Of networks that lack nothing but a family of theirs. */
export const RUNS = 'networks of this kind cannot be run';

/**
 * A network that is known by its keys, whatever stands before them.
 *
 * @param keys All that are asked for, with spaces between, as regular expressions in which a point is a point. `#` is any number, a
 * point at the end is followed by anything, and `weight@7` is that of a convolution of 7×7.
 */
export function known(name: string, advice: string, keys: string): OtherNetwork {
  const parts = keys.split(' ').map((key) => key.split('@'));
  return {
    name,
    advice,
    matches: (found) =>
      parts.every(([key, side]) =>
        side === undefined ? found.has(patternOf(key)) : found.hasKernel(patternOf(key), +side),
      ),
  };
}

function patternOf(key: string): RegExp {
  const text = key.replaceAll('.', '\\.').replaceAll('#', '\\d+');
  return new RegExp(`(^|\\.)${text}${key.endsWith('.') ? '' : '$'}`);
}
