import { type Code, f32, f32x4, i32, v128 } from '../emit/code.js';
import type { FunctionHandle, FunctionWriter, Local, ModuleWriter } from '../emit/module.js';
import { multiplyAdd, type Target } from './target.js';

/**
 * Winograd's minimal filtering F(4×4, 3×3): 36 products in place of 144 for a tile of 4×4 outputs.
 *
 *     Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A,   d 6×6, g 3×3, Y 4×4
 *
 * with the interpolation points 0, ±P, ±Q, ∞ for P = 5/8 and Q = 3/2, whose error is about a third of that
 * of the usual 0, ±1, ±2, ∞. Row j of Bᵀ holds the coefficients of ∏ₖ≠ⱼ (x − aₖ), row j of G is
 * [1, aⱼ, aⱼ²] / ∏ₖ≠ⱼ (aⱼ − aₖ), row i of Aᵀ is aⱼⁱ. Inputs beyond about 1e36 overflow on the way.
 *
 * @see Lavin and Gray, arXiv:1509.09308; Barabasz et al., arXiv:1803.10986, on the choice of points
 */
const P = 5 / 8;
const Q = 3 / 2;
const P2 = P * P;
const Q2 = Q * Q;

/** Outputs and inputs along one side of a tile. */
export const TILE_OUT = 4;
export const TILE_IN = 6;
/** Products a tile: the planes ξ of the transformed tensors. */
export const PLANES = TILE_IN * TILE_IN;

/** The lanes of a line of a tile, as code writes them. */
type Line = readonly Local[];

class Algebra {
  readonly #f: FunctionWriter;
  readonly #target: Target;

  constructor(f: FunctionWriter, target: Target) {
    this.#f = f;
    this.#target = target;
  }

  /** `to = a · factor + b`. */
  madd(to: Local, a: Local, factor: number, b: Local): void {
    this.#f.emit(to.set(multiplyAdd(this.#target, a.value, f32x4.splat(factor), b.value)));
  }

  add(to: Local, a: Local, b: Local): void {
    this.#f.emit(to.set(f32x4.add(a.value, b.value)));
  }

  sub(to: Local, a: Local, b: Local): void {
    this.#f.emit(to.set(f32x4.sub(a.value, b.value)));
  }

  scale(to: Local, a: Local, factor: number): void {
    this.#f.emit(to.set(f32x4.mul(a.value, f32x4.splat(factor))));
  }
}

/**
 * `out = Bᵀ d`. The rows of ±P share their even part d₄ − Q²d₂ and their odd part d₃ − Q²d₁, those of ±Q
 * the same with P².
 */
function transformInput(a: Algebra, d: Line, out: Line, even: Local, odd: Local): void {
  a.madd(even, d[2], -(P2 + Q2), d[4]);
  a.madd(out[0], d[0], P2 * Q2, even);
  a.madd(odd, d[3], -(P2 + Q2), d[5]);
  a.madd(out[5], d[1], P2 * Q2, odd);
  a.madd(even, d[2], -Q2, d[4]);
  a.madd(odd, d[1], -Q2, d[3]);
  a.madd(out[1], odd, P, even);
  a.madd(out[2], odd, -P, even);
  a.madd(even, d[2], -P2, d[4]);
  a.madd(odd, d[1], -P2, d[3]);
  a.madd(out[3], odd, Q, even);
  a.madd(out[4], odd, -Q, even);
}

/** `out = Aᵀ m`: sums of the ± pairs make the even rows, differences the odd ones. */
function transformOutput(a: Algebra, m: Line, out: Line, t: Line): void {
  const [sumP, sumQ, differenceP, differenceQ] = t;
  a.add(sumP, m[1], m[2]);
  a.add(sumQ, m[3], m[4]);
  a.sub(differenceP, m[1], m[2]);
  a.sub(differenceQ, m[3], m[4]);
  a.add(out[0], m[0], sumP);
  a.add(out[0], out[0], sumQ);
  a.scale(out[1], differenceP, P);
  a.madd(out[1], differenceQ, Q, out[1]);
  a.scale(out[2], sumP, P2);
  a.madd(out[2], sumQ, Q2, out[2]);
  a.madd(out[3], differenceP, P2 * P, m[5]);
  a.madd(out[3], differenceQ, Q2 * Q, out[3]);
}

/** `out = G g`. */
function transformKernel(a: Algebra, g: Line, out: Line, t: Line): void {
  const [even, odd] = t;
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
  a.scale(out[5], g[2], 1);
}

function grid(f: FunctionWriter, rows: number, columns: number): Local[][] {
  return Array.from({ length: rows }, () => f.locals('v128', columns));
}

const column = (lines: readonly Line[], j: number): Line => lines.map((line) => line[j]);

export interface InputTileShape {
  readonly channels: number;
  /** Bytes from one row of `src` to the next. */
  readonly rowStride: number;
  /** Bytes from one plane of `dst` to the next. */
  readonly planeStride: number;
}

/** `(src, dst)`: 6×6 pixels of `[…][channels]` to `dst[ξ][channels]`. */
export function defineInputTile(
  module: ModuleWriter,
  target: Target,
  shape: InputTileShape,
): FunctionHandle {
  const key = `winograd input ${JSON.stringify([target.fma, shape])}`;
  return module.define(key, ['i32', 'i32'], (f, src, dst) => {
    const { channels, rowStride, planeStride } = shape;
    const a = new Algebra(f, target);
    const loaded = f.locals('v128', TILE_IN);
    const lines = grid(f, TILE_IN, TILE_IN);
    const [even, odd] = f.locals('v128', 2);
    const out = f.locals('v128', TILE_IN);
    const c = f.local('i32');
    f.repeat(c, channels, 4, () => {
      for (let j = 0; j < TILE_IN; j++) {
        for (let i = 0; i < TILE_IN; i++) {
          f.emit(loaded[i].set(v128.load(src.value, i * rowStride + j * channels * 4)));
        }
        transformInput(a, loaded, column(lines, j), even, odd);
      }
      for (let i = 0; i < TILE_IN; i++) {
        transformInput(a, lines[i], out, even, odd);
        for (let j = 0; j < TILE_IN; j++) {
          f.emit(v128.store(dst.value, out[j].value, (i * TILE_IN + j) * planeStride));
        }
      }
      f.emit(src.set(i32.add(src.value, i32.const(16))));
      f.emit(dst.set(i32.add(dst.value, i32.const(16))));
    });
  });
}

export interface OutputTileShape {
  readonly channels: number;
  readonly planeStride: number;
  readonly rowStride: number;
}

/** `(src, dst, bias, rows, columns)`: `src[ξ][channels]` to 4×4 pixels, of which those inside are stored. */
export function defineOutputTile(
  module: ModuleWriter,
  target: Target,
  shape: OutputTileShape,
): FunctionHandle {
  const key = `winograd output ${JSON.stringify([target.fma, shape])}`;
  const params = ['i32', 'i32', 'i32', 'i32', 'i32'] as const;
  return module.define(key, params, (f, src, dst, bias, rows, columns) => {
    const { channels, planeStride, rowStride } = shape;
    const a = new Algebra(f, target);
    const loaded = f.locals('v128', TILE_IN);
    const lines = grid(f, TILE_OUT, TILE_IN);
    const t = f.locals('v128', 4);
    const out = f.locals('v128', TILE_OUT);
    const c = f.local('i32');
    f.repeat(c, channels, 4, () => {
      for (let j = 0; j < TILE_IN; j++) {
        for (let i = 0; i < TILE_IN; i++) {
          f.emit(loaded[i].set(v128.load(src.value, (i * TILE_IN + j) * planeStride)));
        }
        transformOutput(a, loaded, column(lines, j), t);
      }
      for (let i = 0; i < TILE_OUT; i++) {
        f.if(i32.gt(rows.value, i32.const(i)), () => {
          transformOutput(a, lines[i], out, t);
          for (let j = 0; j < TILE_OUT; j++) {
            f.if(i32.gt(columns.value, i32.const(j)), () => {
              const sum = f32x4.add(out[j].value, v128.load(bias.value));
              f.emit(v128.store(dst.value, sum, i * rowStride + j * channels * 4));
            });
          }
        });
      }
      for (const pointer of [src, dst, bias]) {
        f.emit(pointer.set(i32.add(pointer.value, i32.const(16))));
      }
    });
  });
}

export interface WinogradWeightsShape {
  /** Real input channels, and those after padding; output channels, a multiple of 4 after padding. */
  readonly inChannels: number;
  readonly paddedIn: number;
  readonly outChannels: number;
  readonly paddedOut: number;
  /** Output channels a panel. */
  readonly panel: number;
  readonly planeStride: number;
}

export const WINOGRAD_WEIGHTS_ARGS = ['weight', 'transformed'] as const;

/**
 * Stage, an item for 4 output channels: PyTorch's `[oc][ic][3][3]` to `[ξ][oc / panel][ic][panel]`.
 * Channels that exist only as padding are zero in memory already.
 */
export function defineWinogradWeights(
  module: ModuleWriter,
  target: Target,
  shape: WinogradWeightsShape,
): FunctionHandle {
  const key = `winograd weights ${JSON.stringify([target.fma, shape])}`;
  return module.define(key, ['i32', 'i32', 'i32'], (f, item, args) => {
    const { inChannels, paddedIn, outChannels, paddedOut, panel, planeStride } = shape;
    const a = new Algebra(f, target);
    const [src, dst, ic, index] = f.locals('i32', 4);
    const kernel = grid(f, 3, 3);
    const lines = grid(f, TILE_IN, 3);
    const t = f.locals('v128', 2);
    const out = f.locals('v128', TILE_IN);
    const perOut = inChannels * 9 * 4;
    const fullFloats = Math.floor(paddedOut / panel) * panel;
    f.emit(
      src.set(i32.add(i32.load(args.value, 0), i32.mul(item.value, i32.const(4 * perOut)))),
      dst.set(i32.load(args.value, 4)),
      index.set(i32.mul(item.value, i32.const(4))),
    );
    // Where these four channels stand: whole panels first, then one as narrow as what is left.
    const place = (width: number, start: number) => {
      const within = i32.sub(index.value, i32.const(start));
      const panels = i32.div(within, i32.const(width));
      const lane = i32.rem(within, i32.const(width));
      const floats = i32.add(
        i32.mul(panels, i32.const(width * paddedIn)),
        i32.add(lane, i32.const(start * paddedIn)),
      );
      f.emit(dst.set(i32.add(dst.value, i32.mul(floats, i32.const(4)))));
    };
    const write = (step: number, lanes: number) => {
      f.repeat(ic, inChannels, 1, () => {
        for (let i = 0; i < 3; i++) {
          for (let j = 0; j < 3; j++) {
            const at = (lane: number) => f32.load(src.value, lane * perOut + (i * 3 + j) * 4);
            f.emit(kernel[i][j].set(gather(at, lanes)));
          }
        }
        for (let j = 0; j < 3; j++) transformKernel(a, column(kernel, j), column(lines, j), t);
        for (let i = 0; i < TILE_IN; i++) {
          transformKernel(a, lines[i], out, t);
          for (let j = 0; j < TILE_IN; j++) {
            f.emit(v128.store(dst.value, out[j].value, (i * TILE_IN + j) * planeStride));
          }
        }
        f.emit(src.set(i32.add(src.value, i32.const(9 * 4))));
        f.emit(dst.set(i32.add(dst.value, i32.const(step * 4))));
      });
    };
    const rest = paddedOut - fullFloats;
    const lastLanes = outChannels - (paddedOut - 4);
    const writeLanes = (step: number) => {
      if (lastLanes === 4) write(step, 4);
      else {
        const isLast = i32.eq(index.value, i32.const(paddedOut - 4));
        f.if(
          isLast,
          () => write(step, lastLanes),
          () => write(step, 4),
        );
      }
    };
    f.if(
      i32.lt(index.value, i32.const(fullFloats)),
      () => {
        place(panel, 0);
        writeLanes(panel);
      },
      () => {
        if (rest === 0) return;
        place(rest, fullFloats);
        writeLanes(rest);
      },
    );
  });
}

/** Four floats from four places; lanes that do not exist are zero. */
function gather(at: (lane: number) => Code, lanes: number): Code {
  let vector: Code = v128.zero;
  for (let lane = 0; lane < lanes; lane++) vector = f32x4.replaceLane(vector, at(lane), lane);
  return vector;
}
