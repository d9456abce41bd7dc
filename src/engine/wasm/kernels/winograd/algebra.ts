import { type Code, f32x4, v128 } from '../../../../emit/code.js';
import type { FunctionWriter, Local } from '../../../../emit/module.js';
import { multiplyAdd, storeSideBySide, type Target } from '../target.js';

/**
 * Winograd's Winograd along one axis, for two or three taps: fewer products for several outputs at
 * once. Two axes of it make a tile,
 *
 *     Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A
 *
 * for inputs d, taps g and outputs Y, with matrices of one axis on the left and of the other on the right. Each product
 * has an interpolation point: row j of Bᵀ holds the coefficients of ∏ₖ≠ⱼ (x − aₖ), row j of G is
 * [1, aⱼ, …] / ∏ₖ≠ⱼ (aⱼ − aₖ), row i of Aᵀ is aⱼⁱ. Huge inputs overflow, or drown others: see `range.ts`.
 *
 * Points are chosen for a small error, and so that their squares are exact: where there are four or five, ±P, ±Q and 0
 * have about a third of the error of the usual 1 and 2 along both axes; where there are six, see `SIX_POINTS`.
 * A last one is ∞.
 *
 * @see Lavin and Gray, arXiv:1509.09308; Barabasz et al., arXiv:1803.10986, on the choice of points
 */
export interface WinogradAlgorithm {
  /** Inputs, products and outputs of a tile along one side. */
  readonly inputs: number;
  readonly products: number;
  readonly outputs: number;
  /** Inputs from the first of one tile to the first of the next. */
  readonly inStep: number;
  /** Taps of a kernel. */
  readonly taps: number;
  /** `out = Bᵀ d`; `t` are `WORKING` elements to use on the way, here and below. */
  transformInput(a: Algebra, d: Line, out: Line, t: Line): void;
  /** `out = G g`. */
  transformKernel(a: Algebra, g: Line, out: Line, t: Line): void;
  /** `out = Aᵀ m`. */
  transformOutput(a: Algebra, m: Line, out: Line, t: Line): void;
}

/** Neighbouring channels of one element of a tile, as locals of a function being written: one vector, or two. */
export type Element = readonly Local[];

/** The elements of a line of a tile. */
export type Line = readonly Element[];

/** Elements that a transform may use on the way. */
export const WORKING = 6;

export const P = 5 / 8;
export const Q = 3 / 2;
export const P2 = P * P;
export const Q2 = Q * Q;

/** Six points and ∞: positive ones, of which each has a negative one beside it. */
export const SIX_POINTS: readonly number[] = [5 / 16, 7 / 8, 7 / 4];

/** Writes sums and products of elements. */
export class Algebra {
  readonly #f: FunctionWriter;
  readonly #target: Target;
  /** Vectors of one number each, by that. */
  readonly #factors = new Map<number, Code>();

  constructor(f: FunctionWriter, target: Target) {
    this.#f = f;
    this.#target = target;
  }

  /** `to = a · factor + b`. */
  madd(to: Element, a: Element, factor: number, b: Element): void {
    const constant = this.#splat(factor);
    this.#each(to, (v) => multiplyAdd(this.#target, a[v].value, constant, b[v].value));
  }

  /** `to = to + a²`. */
  square(to: Element, a: Element): void {
    this.#each(to, (v) => multiplyAdd(this.#target, a[v].value, a[v].value, to[v].value));
  }

  add(to: Element, a: Element, b: Element): void {
    this.#each(to, (v) => f32x4.add(a[v].value, b[v].value));
  }

  sub(to: Element, a: Element, b: Element): void {
    this.#each(to, (v) => f32x4.sub(a[v].value, b[v].value));
  }

  scale(to: Element, a: Element, factor: number): void {
    const constant = this.#splat(factor);
    this.#each(to, (v) => f32x4.mul(a[v].value, constant));
  }

  copy(to: Element, a: Element): void {
    this.#each(to, (v) => a[v].value);
  }

  load(to: Element, address: Local, offset: number): void {
    this.#each(to, (v) => v128.load(address.value, offset + 16 * v));
  }

  store(address: Local, a: Element, offset: number): void {
    storeSideBySide(this.#f, address, a, offset);
  }

  #splat(factor: number): Code {
    let constant = this.#factors.get(factor);
    if (constant === undefined) {
      constant = this.#f.constant(f32x4.splat(factor));
      this.#factors.set(factor, constant);
    }
    return constant;
  }

  #each(to: Element, value: (v: number) => Code): void {
    for (let v = 0; v < to.length; v++) this.#f.emit(to[v].set(value(v)));
  }
}

/** `count` elements of `vectors` vectors each. */
export function elements(f: FunctionWriter, count: number, vectors: number): Element[] {
  return Array.from({ length: count }, () => f.locals('v128', vectors));
}

/** `out = even ± odd · point` for a pair of points. */
export function pair(a: Algebra, out: Line, even: Element, odd: Element, point: number): void {
  a.madd(out[0], odd, point, even);
  a.madd(out[1], odd, -point, even);
}

/** Rows 0 … 3 of Aᵀ for the points ±P, ±Q, or as many as `out` has: sums of a pair make the even ones, differences the odd ones. */
export function interpolate(a: Algebra, m: Line, out: Line, t: Line): void {
  const [sumP, sumQ, differenceP, differenceQ] = t;
  a.add(sumP, m[0], m[1]);
  a.add(sumQ, m[2], m[3]);
  a.sub(differenceP, m[0], m[1]);
  a.sub(differenceQ, m[2], m[3]);
  a.add(out[0], sumP, sumQ);
  a.scale(out[1], differenceP, P);
  a.madd(out[1], differenceQ, Q, out[1]);
  a.scale(out[2], sumP, P2);
  a.madd(out[2], sumQ, Q2, out[2]);
  if (out.length < 4) return;
  a.scale(out[3], differenceP, P2 * P);
  a.madd(out[3], differenceQ, Q2 * Q, out[3]);
}

/** Bᵀ for `SIX_POINTS` and ∞: seven inputs. */
export function transformForSix(a: Algebra, d: Line, out: Line, [even, odd]: Line): void {
  const squares = SIX_POINTS.map((point) => point * point);
  for (const [i, point] of SIX_POINTS.entries()) {
    // (x² − p)(x² − q), of the other two.
    const [p, q] = squares.filter((_, other) => other !== i);
    a.madd(even, d[2], -(p + q), d[4]);
    a.madd(even, d[0], p * q, even);
    a.madd(odd, d[3], -(p + q), d[5]);
    a.madd(odd, d[1], p * q, odd);
    pair(a, out.slice(2 * i), odd, even, point);
  }
  const [p, q, r] = squares;
  a.madd(out[6], d[4], -(p + q + r), d[6]);
  a.madd(out[6], d[2], p * q + q * r + r * p, out[6]);
  a.madd(out[6], d[0], -p * q * r, out[6]);
}

/** Bᵀ for the points 0, ±P, ±Q and ∞: six inputs. */
export function transformForFive(a: Algebra, d: Line, out: Line, [even, odd]: Line): void {
  a.madd(even, d[2], -(P2 + Q2), d[4]);
  a.madd(out[0], d[0], P2 * Q2, even);
  a.madd(odd, d[3], -(P2 + Q2), d[5]);
  a.madd(out[5], d[1], P2 * Q2, odd);
  a.madd(even, d[2], -Q2, d[4]);
  a.madd(odd, d[1], -Q2, d[3]);
  pair(a, out.slice(1), even, odd, P);
  a.madd(even, d[2], -P2, d[4]);
  a.madd(odd, d[1], -P2, d[3]);
  pair(a, out.slice(3), even, odd, Q);
}

/** Rows of Aᵀ for `SIX_POINTS`: sums of a pair make the even ones, differences the odd ones. */
export function interpolateSix(a: Algebra, m: Line, out: Line, t: Line): void {
  const [sums, differences] = [t.slice(0, 3), t.slice(3)];
  for (const i of SIX_POINTS.keys()) {
    a.add(sums[i], m[2 * i], m[2 * i + 1]);
    a.sub(differences[i], m[2 * i], m[2 * i + 1]);
  }
  for (const [row, to] of out.entries()) {
    const terms = row % 2 === 0 ? sums : differences;
    for (const [i, point] of SIX_POINTS.entries()) {
      if (i === 0) a.scale(to, terms[i], point ** row);
      else a.madd(to, terms[i], point ** row, to);
    }
  }
}
