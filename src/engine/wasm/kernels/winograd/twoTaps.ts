import {
  interpolate,
  interpolateSix,
  P,
  P2,
  pair,
  Q,
  Q2,
  SIX_POINTS,
  transformForFive,
  transformForSix,
  type WinogradAlgorithm,
} from './algebra.js';

/** F(4, 2): four outputs of two taps by five products, where eight are usual. Points ±P, ±Q, ∞. */
export const f42: WinogradAlgorithm = {
  inputs: 5,
  products: 5,
  outputs: 4,
  inStep: 4,
  taps: 2,

  transformInput(a, d, out, [even, odd]) {
    a.madd(odd, d[0], -Q2, d[2]);
    a.madd(even, d[1], -Q2, d[3]);
    pair(a, out, even, odd, P);
    a.madd(odd, d[0], -P2, d[2]);
    a.madd(even, d[1], -P2, d[3]);
    pair(a, out.slice(2), even, odd, Q);
    a.madd(even, d[2], -(P2 + Q2), d[4]);
    a.madd(out[4], d[0], P2 * Q2, even);
  },

  transformKernel(a, [first, second], out) {
    for (const [i, p, n] of [
      [0, P, 2 * P * (P2 - Q2)],
      [2, Q, 2 * Q * (Q2 - P2)],
    ]) {
      a.scale(out[i], first, 1 / n);
      a.madd(out[i], second, p / n, out[i]);
      a.scale(out[i + 1], first, -1 / n);
      a.madd(out[i + 1], second, p / n, out[i + 1]);
    }
    a.copy(out[4], second);
  },

  transformOutput(a, m, out, t) {
    interpolate(a, m, out, t);
    a.add(out[3], out[3], m[4]);
  },
};

/** F(5, 2): five outputs of two taps by six products, where ten are usual. Points 0, ±P, ±Q, ∞. */
export const f52: WinogradAlgorithm = {
  inputs: 6,
  products: 6,
  outputs: 5,
  inStep: 5,
  taps: 2,

  transformInput: transformForFive,

  transformKernel(a, [first, second], out, [even, odd]) {
    a.scale(out[0], first, 1 / (P2 * Q2));
    for (const [i, p, n] of [
      [1, P, 2 * P2 * (P2 - Q2)],
      [3, Q, 2 * Q2 * (Q2 - P2)],
    ]) {
      a.scale(even, first, 1 / n);
      a.scale(odd, second, p / n);
      a.add(out[i], even, odd);
      a.sub(out[i + 1], even, odd);
    }
    a.copy(out[5], second);
  },

  transformOutput(a, m, out, t) {
    interpolate(a, m.slice(1), out, t);
    a.add(out[0], out[0], m[0]);
    const [sumP, sumQ] = t;
    a.madd(out[4], sumP, P2 * P2, m[5]);
    a.madd(out[4], sumQ, Q2 * Q2, out[4]);
  },
};

/** F(6, 2): six outputs of two taps by seven products, where twelve are usual. */
export const f62: WinogradAlgorithm = {
  inputs: 7,
  products: 7,
  outputs: 6,
  inStep: 6,
  taps: 2,

  transformInput: transformForSix,

  transformKernel(a, [first, second], out, [even, odd]) {
    for (const [i, point] of SIX_POINTS.entries()) {
      const square = point * point;
      const others = SIX_POINTS.filter((_, other) => other !== i);
      const n = others.reduce((n, other) => n * (square - other * other), 2 * point);
      a.scale(even, first, 1 / n);
      a.scale(odd, second, point / n);
      a.add(out[2 * i], odd, even);
      a.sub(out[2 * i + 1], odd, even);
    }
    a.copy(out[6], second);
  },

  transformOutput(a, m, out, t) {
    interpolateSix(a, m, out, t);
    a.add(out[5], out[5], m[6]);
  },
};
