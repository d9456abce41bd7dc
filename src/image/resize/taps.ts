/** Fixed-point weights, as Pillow has them: 8 bits per channel leave 22 for the weight in 32. */
export const PRECISION_BITS = 22;

/** Which inputs an output is the weighted sum of. Weights of an output add up to 1; bicubic ones may be negative. */
export interface Taps {
  /** For each output position, its first input position and how many it reads. */
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** `most` weights per output position, zeros behind those that it has. */
  readonly weights: Int32Array;
  readonly most: number;
}

/** How much an input weighs by its distance from the output, both in pixels of the larger scale. */
export interface ResizeKernel {
  /** Where it ends: beyond that distance, it weighs nothing. */
  readonly support: number;
  weight(distance: number): number;
}

export const triangle: ResizeKernel = {
  support: 1,
  weight: (distance) => Math.max(0, 1 - Math.abs(distance)),
};

/** Keys' cubic convolution with a = −0.5, in the order of operations that Pillow has. @see Pillow's `bicubic_filter` */
export const bicubic: ResizeKernel = {
  support: 2,
  weight(distance) {
    const a = -0.5;
    const x = Math.abs(distance);
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
  },
};

/** A filter of that kernel, as wide as the reduction. */
export function filterTaps(inSize: number, outSize: number, kernel: ResizeKernel): Taps {
  const scale = inSize / outSize;
  const stretch = Math.max(scale, 1);
  const support = kernel.support * stretch;
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
      const weight = kernel.weight((i - centre + 0.5) * (1 / stretch));
      raw[i - start] = weight;
      sum += weight;
    }
    first[out] = start;
    count[out] = end - start;
    for (let i = 0; i < end - start; i++) {
      const weight = sum === 0 ? raw[i] : raw[i] * (1 / sum);
      const half = weight < 0 ? -0.5 : 0.5;
      weights[out * most + i] = Math.trunc(half + weight * (1 << PRECISION_BITS));
    }
  }
  return { first, count, weights, most };
}
