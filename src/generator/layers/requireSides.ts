import { ShapeError } from '../../errors.js';
import type { Value } from '../../graph/builder.js';
import type { SizeRule } from '../family.js';

/**
 * For networks that would fail somewhere within, where values of two ways no longer have the same sides.
 * @throws ShapeError for a picture of sides that a network does not take: which it takes, and which it got.
 */
export function requireSides(
  network: string,
  { shape }: Value,
  { multipleOf, exactly }: Pick<SizeRule, 'multipleOf' | 'exactly'>,
): void {
  const sides = shape.slice(-2);
  const isFit = (side: number) =>
    exactly === undefined ? side > 0 && side % multipleOf === 0 : side === exactly;
  if (sides.length === 2 && sides.every(isFit)) return;
  const wanted =
    exactly === undefined
      ? `multiples of ${multipleOf}`
      : `${exactly}, as it has weights for each pixel`;
  throw new ShapeError(`${network}: sides must be ${wanted}, but got ${sides.join(' × ')}.`);
}
