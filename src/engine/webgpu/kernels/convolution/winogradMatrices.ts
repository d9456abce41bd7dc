/** Matrices of F(outputs, taps) along one axis: `Y = Aᵀ [(G g) ⊙ (Bᵀ d)]`. */
export interface WinogradMatrices {
  readonly outputs: number;
  /** Elements of a tile's side: `outputs + taps − 1`. */
  readonly elements: number;
  readonly aT: readonly (readonly number[])[];
  readonly g: readonly (readonly number[])[];
  readonly bT: readonly (readonly number[])[];
}

/**
 * From the points at which polynomials are evaluated, besides ∞ (Toom and Cook): with N(j) = ∏ₖ≠ⱼ (aⱼ − aₖ), row j of Bᵀ holds
 * the coefficients of ∏ₖ≠ⱼ (x − aₖ), row j of G is [1, aⱼ, aⱼ²] / N(j), and column j of Aᵀ is [1, aⱼ, …].
 *
 * @see Barabasz et al., arXiv:1803.10986
 */
export function winogradMatrices(points: readonly number[], taps: number): WinogradMatrices {
  const elements = points.length + 1;
  const outputs = elements - taps + 1;
  const powers = (a: number, count: number) => Array.from({ length: count }, (_, i) => a ** i);
  const last = (count: number) => powers(0, count).toReversed();
  const others = (j: number) => points.filter((_, k) => k !== j);
  const columns = [...points.map((a) => powers(a, outputs)), last(outputs)];
  return {
    outputs,
    elements,
    aT: Array.from({ length: outputs }, (_, i) => columns.map((column) => column[i])),
    g: [
      ...points.map((a, j) => {
        const norm = others(j).reduce((product, b) => product * (a - b), 1);
        return powers(a, taps).map((power) => power / norm);
      }),
      last(taps),
    ],
    bT: [...points.map((_, j) => [...polynomial(others(j)), 0]), polynomial(points)],
  };
}

/** The coefficients of ∏ (x − root), from x⁰ on. */
function polynomial(roots: readonly number[]): number[] {
  let product = [1];
  for (const root of roots) {
    product = [0, ...product].map((coefficient, i) => coefficient - root * (product[i] ?? 0));
  }
  return product;
}

/** Along both axes, ±5/8 and ±3/2 have about a third of the error of 1 and 2, and exact squares. */
export const F4 = winogradMatrices([0, 5 / 8, -5 / 8, 3 / 2, -3 / 2], 3);
