import {
  interpolate,
  interpolateSix,
  P,
  P2,
  Q,
  Q2,
  SIX_POINTS,
  transformForFive,
  transformForSix,
  type WinogradAlgorithm,
} from './algebra.js';
import { f42, f52, f62 } from './twoTaps.js';

/** F(5, 3): five outputs of a convolution of stride 1 by seven products, where fifteen are usual. */
const f53: WinogradAlgorithm = {
  inputs: 7,
  products: 7,
  outputs: 5,
  inStep: 5,
  taps: 3,

  transformInput: transformForSix,

  transformKernel(a, g, out, [even, odd]) {
    for (const [i, point] of SIX_POINTS.entries()) {
      const square = point * point;
      const others = SIX_POINTS.filter((_, other) => other !== i);
      const n = others.reduce((n, other) => n * (square - other * other), 2 * point);
      a.scale(even, g[0], 1 / n);
      a.madd(even, g[2], square / n, even);
      a.scale(odd, g[1], point / n);
      a.add(out[2 * i], odd, even);
      a.sub(out[2 * i + 1], odd, even);
    }
    a.copy(out[6], g[2]);
  },

  transformOutput(a, m, out, t) {
    interpolateSix(a, m, out, t);
    a.add(out[4], out[4], m[6]);
  },
};

/** F(4, 3): four outputs of a convolution of stride 1 by six products, where twelve are usual. */
const f43: WinogradAlgorithm = {
  inputs: 6,
  products: 6,
  outputs: 4,
  inStep: 4,
  taps: 3,

  transformInput: transformForFive,

  transformKernel(a, g, out, [even, odd]) {
    // ∏ₖ≠ⱼ (aⱼ − aₖ) over the finite points: P²Q² at 0, 2P²(P² − Q²) at ±P, 2Q²(Q² − P²) at ±Q.
    a.scale(out[0], g[0], 1 / (P2 * Q2));
    for (const [i, p, n] of [
      [1, P, 2 * P2 * (P2 - Q2)],
      [3, Q, 2 * Q2 * (Q2 - P2)],
    ]) {
      a.scale(even, g[0], 1 / n);
      a.madd(even, g[2], (p * p) / n, even);
      a.scale(odd, g[1], p / n);
      a.add(out[i], even, odd);
      a.sub(out[i + 1], even, odd);
    }
    a.copy(out[5], g[2]);
  },

  transformOutput(a, m, out, t) {
    interpolate(a, m.slice(1), out, t);
    a.add(out[0], out[0], m[0]);
    a.add(out[3], out[3], m[5]);
  },
};

/** F(3, 4): three outputs of a convolution of stride 1 and four taps by six products, where twelve are usual. */
const f34: WinogradAlgorithm = {
  inputs: 6,
  products: 6,
  outputs: 3,
  inStep: 3,
  taps: 4,

  transformInput: transformForFive,

  transformKernel(a, g, out, [even, odd]) {
    a.scale(out[0], g[0], 1 / (P2 * Q2));
    for (const [i, p, n] of [
      [1, P, 2 * P2 * (P2 - Q2)],
      [3, Q, 2 * Q2 * (Q2 - P2)],
    ]) {
      a.scale(even, g[0], 1 / n);
      a.madd(even, g[2], (p * p) / n, even);
      a.scale(odd, g[1], p / n);
      a.madd(odd, g[3], p ** 3 / n, odd);
      a.add(out[i], even, odd);
      a.sub(out[i + 1], even, odd);
    }
    a.copy(out[5], g[3]);
  },

  transformOutput(a, m, out, t) {
    interpolate(a, m.slice(1), out, t);
    a.add(out[0], out[0], m[0]);
    a.add(out[2], out[2], m[5]);
  },
};

/**
 * Stride 2: four outputs read nine inputs. Those at even places meet the outer two taps, those at odd
 * places the middle one: 5 + 4 products, where twelve are usual.
 */
const stride2: WinogradAlgorithm = {
  inputs: 9,
  products: 9,
  outputs: 4,
  inStep: 8,
  taps: 3,

  transformInput(a, d, out, t) {
    for (let i = 0; i < 4; i++) a.copy(out[i], d[2 * i + 1]);
    f42.transformInput(a, [d[0], d[2], d[4], d[6], d[8]], out.slice(4), t);
  },

  transformKernel(a, g, out, t) {
    for (let i = 0; i < 4; i++) a.copy(out[i], g[1]);
    f42.transformKernel(a, [g[0], g[2]], out.slice(4), t);
  },

  transformOutput(a, m, out, t) {
    f42.transformOutput(a, m.slice(4), out, t);
    for (let i = 0; i < 4; i++) a.add(out[i], out[i], m[i]);
  },
};

/**
 * A transposed convolution of stride 2: five inputs make eight outputs. Those at even places come of
 * the middle tap, those at odd places of the outer two: 4 + 5 products, where twelve are usual.
 */
const transposed2: WinogradAlgorithm = {
  inputs: 5,
  products: 9,
  outputs: 8,
  inStep: 4,
  taps: 3,

  transformInput(a, d, out, t) {
    for (let i = 0; i < 4; i++) a.copy(out[i], d[i]);
    f42.transformInput(a, d, out.slice(4), t);
  },

  transformKernel(a, g, out, t) {
    for (let i = 0; i < 4; i++) a.copy(out[i], g[1]);
    f42.transformKernel(a, [g[2], g[0]], out.slice(4), t);
  },

  transformOutput(a, m, out, t) {
    f42.transformOutput(a, m.slice(4), [out[1], out[3], out[5], out[7]], t);
    for (let i = 0; i < 4; i++) a.copy(out[2 * i], m[i]);
  },
};

export type AlgorithmName =
  | 'f34'
  | 'f42'
  | 'f43'
  | 'f52'
  | 'f53'
  | 'f62'
  | 'stride2'
  | 'transposed2';

export const ALGORITHMS: Readonly<Record<AlgorithmName, WinogradAlgorithm>> = {
  f34,
  f42,
  f43,
  f52,
  f53,
  f62,
  stride2,
  transposed2,
};

/** The algorithms of a tile: along its columns, and along its rows. */
export interface TileAlgorithm {
  readonly vertical: AlgorithmName;
  readonly horizontal: AlgorithmName;
  /**
   * Whether 4×4 taps of stride 2 are 2×2 taps of stride 1, for each of four phases. Pixels at even and odd places of the
   * input are channels beside each other then, `in`, and a tile's products sum up all of them; or of a transposed
   * convolution, those of the output are, `out`, and products with the same transformed input make all of them.
   */
  readonly phases: 'none' | 'in' | 'out';
}

export function axesOf({ vertical, horizontal }: TileAlgorithm) {
  return { vertical: ALGORITHMS[vertical], horizontal: ALGORITHMS[horizontal] };
}

/** Phases along an axis, of the input and of the output. */
export function phasesOf({ phases }: TileAlgorithm) {
  return { inputs: phases === 'in' ? 2 : 1, outputs: phases === 'out' ? 2 : 1 };
}

/** Elements ξ of a transformed tile: one for each product, row by row. */
export function tileElementsOf(algorithm: TileAlgorithm): number {
  const { vertical, horizontal } = axesOf(algorithm);
  return vertical.products * horizontal.products;
}

/** Pixels of the output that a tile makes, down and across. */
export function tileOutputs(algorithm: TileAlgorithm): readonly [down: number, across: number] {
  const { vertical, horizontal } = axesOf(algorithm);
  const { outputs } = phasesOf(algorithm);
  return [outputs * vertical.outputs, outputs * horizontal.outputs];
}

/** Taps of a kernel along an axis. */
export function kernelTaps(algorithm: TileAlgorithm): number {
  return algorithm.phases === 'none' ? axesOf(algorithm).vertical.taps : 4;
}

/** Of a kernel's taps along an axis, those of each phase, in the order of the inputs that they meet. */
export function phaseTaps(algorithm: TileAlgorithm): readonly (readonly number[])[] {
  const { phases } = algorithm;
  if (phases === 'none') return [Array.from({ length: kernelTaps(algorithm) }, (_, tap) => tap)];
  // Input 2i + f meets taps f and f + 2; output 2i + f is of inputs i − 1 and i, which meet taps f + 2 and f.
  return phases === 'in'
    ? [
        [0, 2],
        [1, 3],
      ]
    : [
        [2, 0],
        [3, 1],
      ];
}
