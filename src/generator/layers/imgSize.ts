import type { Shaped } from '../../nn/loadStateDict.js';
import { MisfitError, type SizeRule } from '../family.js';

/** Such a layer reads a picture that was halved twice. */
const SHRUNK = 4;

/**
 * For which sides of a picture a fully connected layer was made: `null` where it reads the mean of each channel, whatever the
 * sides.
 * @param key Of its weight, `[outFeatures, inFeatures]`.
 * @param channels Of what it reads, at a quarter of the sides.
 * @throws MisfitError when it cannot be made for any square.
 */
export function imgSizeOf(
  tensors: ReadonlyMap<string, Shaped>,
  key: string,
  channels: number,
): number | null {
  const shape = tensors.get(key)?.shape;
  if (shape?.length !== 2)
    throw new MisfitError(key, `the fully connected layer ${key} is not there`);
  if (shape[1] === channels) return null;
  const side = Math.sqrt(shape[1] / channels);
  if (!Number.isInteger(side) || side < 1) {
    throw new MisfitError(
      key,
      `${key} reads ${shape[1]} features, which are of no square of ${channels} channels`,
    );
  }
  return SHRUNK * side;
}

/** Of a network that takes pictures of one size. */
export function onlySize(side: number): SizeRule {
  return { multipleOf: side, roundsUpTo: 1, exactly: side };
}
