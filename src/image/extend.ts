import { reflectIndex } from '../tensor/reflectionPad2d.js';

/**
 * Which of `size` positions stands at each of `extended`, where a side is made longer at its end: mirrored about its edge, which
 * is not repeated, or, where it is too short to mirror that much, the last one again and again.
 *
 * @see torch.nn.functional.pad, modes `reflect` and `replicate`
 */
export function extendedFrom(size: number, extended: number): number[] {
  const mirrors = extended - size < size;
  return Array.from({ length: extended }, (_, i) =>
    mirrors ? reflectIndex(i, size) : Math.min(i, size - 1),
  );
}
