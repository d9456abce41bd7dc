import { UsageError } from './usage.js';

const DEFAULT_SIZE = [256, 314];

/**
 * The shape that a network is looked at for.
 * @param asked As `--input` gave it; without it, the book's picture.
 * @throws UsageError when it has other channels than the network.
 */
export function inputShapeFor(
  channels: number,
  asked: readonly number[] | undefined,
): readonly number[] {
  if (asked === undefined) return [1, channels, ...DEFAULT_SIZE];
  const given = asked[asked.length - 3];
  if (given !== channels) {
    throw new UsageError(
      `The channels of --input ${asked.join(',')} are ${given}, but the generator takes ${channels}.`,
    );
  }
  return asked;
}
