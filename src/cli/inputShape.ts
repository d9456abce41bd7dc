import { networkInputShape, type PictureNetwork } from '../translate/pictureNetwork.js';
import { UsageError } from './usage.js';

const DEFAULT_SIZE = { width: 314, height: 256 };

/**
 * The shape that a network is looked at for.
 * @param asked As `--input` gave it; without it, the book's picture, padded where the network does not take its sides.
 * @throws UsageError when it has other channels than the network, or sides that it does not take.
 */
export function inputShapeFor(
  network: PictureNetwork,
  asked: readonly number[] | undefined,
): readonly number[] {
  if (asked === undefined) return networkInputShape(DEFAULT_SIZE, network);
  const [given, height, width] = asked.slice(-3);
  const [, channels, ...sides] = networkInputShape({ width, height }, network);
  if (given !== channels) {
    throw new UsageError(
      `The channels of --input ${asked.join(',')} are ${given}, but the generator takes ${channels}.`,
    );
  }
  if (sides[0] !== height || sides[1] !== width) {
    throw new UsageError(
      `--input ${asked.join(',')}: the generator's sides are multiples of ${network.sizeRule?.multipleOf}, such as ${[...asked.slice(0, -2), ...sides].join(',')}.`,
    );
  }
  return asked;
}
