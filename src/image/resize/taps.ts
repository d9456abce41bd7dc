/** Fixed-point weights, as Pillow has them: 8 bits a channel leave 22 for the weight in 32. */
export const PRECISION_BITS = 22;

/** Which inputs an output is the weighted sum of. Weights are not negative, and those of an output add up to 1. */
export interface Taps {
  /** For each output position, its first input position and how many it reads. */
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** `most` weights an output position, zeros behind those that it has. */
  readonly weights: Int32Array;
  readonly most: number;
}

/** The triangle filter, as wide as the reduction. */
export function triangleTaps(inSize: number, outSize: number): Taps {
  const scale = inSize / outSize;
  const support = Math.max(scale, 1);
  const most = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(outSize);
  const count = new Int32Array(outSize);
  const weights = new Int32Array(outSize * most);
  const raw = new Float64Array(most);
  for (let out = 0; out < outSize; out++) {
    const centre = (out + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(inSize, Math.trunc(centre + support + 0.5));
    let sum = 0;
    for (let i = start; i < end; i++) {
      const weight = Math.max(0, 1 - Math.abs((i - centre + 0.5) * (1 / support)));
      raw[i - start] = weight;
      sum += weight;
    }
    first[out] = start;
    count[out] = end - start;
    for (let i = 0; i < end - start; i++) {
      const weight = sum === 0 ? raw[i] : raw[i] * (1 / sum);
      weights[out * most + i] = Math.trunc(0.5 + weight * (1 << PRECISION_BITS));
    }
  }
  return { first, count, weights, most };
}
