/**
 * Rows `top … bottom − 1` and columns `left … right − 1` of a value `[…, H, W]`. A region that an operator reads may lie
 * outside of its operand: in part where padding is, and as a whole where it reads none of it.
 */
export interface Region {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** Of operators that compute each element from the same element of every operand. */
export function pointwiseRegions(
  region: Region,
  operands: readonly unknown[],
): readonly (Region | null)[] {
  return operands.map(() => region);
}

/** Of operators whose first operand is the picture, and which need all of the others. */
export function regionOfFirst(
  region: Region | null,
  operands: readonly unknown[],
): readonly (Region | null)[] {
  return operands.map((_, i) => (i === 0 ? region : null));
}
