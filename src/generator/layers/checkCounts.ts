import { ShapeError } from '../../errors.js';

/**
 * Checks arguments that are counts: of channels from 1 up, of what is repeated from 0.
 * @param counts By the names of the arguments.
 * @throws ShapeError unless each is a whole number from `least` up.
 */
export function checkCounts(
  className: string,
  counts: Readonly<Record<string, number>>,
  least = 0,
): void {
  for (const [name, value] of Object.entries(counts)) {
    if (!Number.isInteger(value) || value < least) {
      throw new ShapeError(
        `${className}: ${name} must be a whole number from ${least} up, but got ${value}.`,
      );
    }
  }
}
