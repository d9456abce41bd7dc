import { type Code, f32, f32x4, i32, v128 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import type { Activation, Border } from '../../../shared/fuse/lazyValue.js';
import { multiplyAdd, storeSideBySide, type Target, vectorsAtATime } from '../target.js';
import { emitPlanesToPixels } from './transpose.js';

/**
 * What happens to each element on its way in. Of norms, and of sums and products, there is one at most. A mask is another
 * value of one channel, which goes with all channels.
 */
export type RowOperation = 'norm' | Combination | Activation;
export type Combination = 'add' | 'mul' | 'addMask' | 'mulMask';

const COMBINATIONS = {
  add: { operation: 'add', isMask: false },
  mul: { operation: 'mul', isMask: false },
  addMask: { operation: 'add', isMask: true },
  mulMask: { operation: 'mul', isMask: true },
} as const;

function isCombination(operation: RowOperation): operation is Combination {
  return typeof operation === 'string' && Object.hasOwn(COMBINATIONS, operation);
}

/** Floats of a pixel of one channel. */
const MASK_CHANNELS = 4;

/**
 * One row of `[W][channels]` (channels a multiple of 4) on its way from where a layer left it to where
 * the next one reads it: normalised, activated, summed with another value and padded in one go, such as
 *
 *     dst[left + x][c] = relu((src[x][c] − mean[c]) · scale[c] + shift[c]) + other[x][c]
 */
export interface RowShape {
  readonly width: number;
  /** A multiple of 4, unless the source is planes. */
  readonly channels: number;
  /**
   * Where the source is the network's input, `[planes][height][width]`. Nothing is left to be done to it but its border. A pixel may
   * have more channels than there are planes, which are zeros.
   */
  readonly planar: PlanarSource | null;
  /** In order. */
  readonly operations: readonly RowOperation[];
  /** Whether the row, without padding, is also written to `keep`. */
  readonly keep: boolean;
  /** Pixels of the border on each side and what they are, then zeros beyond them. */
  readonly border: {
    readonly mode: Border['mode'];
    readonly left: number;
    readonly right: number;
  };
  readonly zeros: readonly [left: number, right: number];
}

export interface PlanarSource {
  readonly planes: number;
  /** Bytes from one plane to the next. */
  readonly planeStride: number;
}

/** Where the four rows of a norm's factors begin, in floats per channel: `[4][channels]`. */
export const NORM_ROWS = { meanHigh: 0, meanLow: 1, scale: 2, shift: 3, count: 4 };

export function rowPixels({ width, border, zeros }: RowShape): number {
  return width + border.left + border.right + zeros[0] + zeros[1];
}

/** Bytes from one row of the source to the next. */
export function sourceRowBytes({ width, channels, planar }: RowShape): number {
  return width * 4 * (planar === null ? channels : 1);
}

/** Whether a row is what its source is: nothing is applied to it, and it has no border. */
export function isCopy(shape: RowShape): boolean {
  return shape.operations.length === 0 && rowPixels(shape) === shape.width;
}

/** The same of the other value, that a sum or product reads. */
export function otherRowBytes({ width, channels, operations }: RowShape): number {
  return width * 4 * (hasMask(operations) ? MASK_CHANNELS : channels);
}

function hasMask(operations: readonly RowOperation[]): boolean {
  return operations.some((o) => isCombination(o) && COMBINATIONS[o].isMask);
}

/** One of the row's operations on a vector of a pixel, `at` bytes behind the pointers; a pixel has `pixel` bytes. */
function apply(
  f: FunctionWriter,
  target: Target,
  operation: RowOperation,
  value: Local,
  of: {
    readonly stats: Local;
    readonly other: Local;
    readonly at: number;
    readonly pixel: number;
    readonly scratch: Local[];
  },
): void {
  if (operation === 'norm') {
    f.emit(value.set(normalised(target, value.value, of.stats.value, of.at, of.pixel)));
  } else if (isCombination(operation)) {
    const { operation: combine, isMask } = COMBINATIONS[operation];
    const b = isMask ? v128.load32Splat(of.other.value) : v128.load(of.other.value, of.at);
    f.emit(value.set(f32x4[combine](value.value, b)));
  } else activate(f, operation, value, of.scratch);
}

/** `(src, dst, norm, other, keep)`; what the shape does not need may be anything. */
export function emitRow(module: ModuleWriter, target: Target, shape: RowShape): FunctionHandle {
  const key = `row ${JSON.stringify([target.fma, target.joins, shape])}`;
  return module.define(
    key,
    ['i32', 'i32', 'i32', 'i32', 'i32'],
    (f, src, dst, norm, other, keep) => {
      const { width, channels, planar, border, zeros, operations } = shape;
      if (planar !== null) {
        writePlanarRow(module, f, shape, planar, src, dst);
        return;
      }
      const pixel = channels * 4;
      const x = f.local('i32');
      const c = f.local('i32');
      const vectors = vectorsAtATime(target, channels);
      const values = f.locals('v128', vectors);
      const scratch = f.locals('v128', 2);
      const row = f.local('i32');
      const hasNorm = operations.includes('norm');
      const isMasked = hasMask(operations);
      const hasOther = !isMasked && operations.some(isCombination);
      const stats = f.local('i32');
      f.emit(row.set(i32.add(dst.value, i32.const((zeros[0] + border.left) * pixel))));
      f.repeat(x, width, 1, () => {
        if (hasNorm) f.emit(stats.set(norm.value));
        f.repeat(c, channels, 4 * vectors, () => {
          for (const [v, value] of values.entries()) {
            const at = 16 * v;
            f.emit(value.set(v128.load(src.value, at)));
            const operands = { stats, other, at, pixel, scratch };
            for (const operation of operations) apply(f, target, operation, value, operands);
          }
          for (const to of shape.keep ? [row, keep] : [row]) {
            storeSideBySide(f, to, values, 0);
          }
          const moving = [src, row];
          if (hasNorm) moving.push(stats);
          if (hasOther) moving.push(other);
          if (shape.keep) moving.push(keep);
          for (const pointer of moving) f.advance(pointer, 16 * vectors);
        });
        if (isMasked) f.advance(other, 4 * MASK_CHANNELS);
      });
      writeEdges(f, shape, dst, c);
    },
  );
}

function normalised(target: Target, value: Code, stats: Code, offset: number, pixel: number): Code {
  const at = (row: number) => v128.load(stats, row * pixel + offset);
  // The mean is subtracted in two parts: a mean far above the deviation keeps all its digits.
  const centred = f32x4.sub(f32x4.sub(value, at(NORM_ROWS.meanHigh)), at(NORM_ROWS.meanLow));
  return multiplyAdd(target, centred, at(NORM_ROWS.scale), at(NORM_ROWS.shift));
}

function activate(
  f: FunctionWriter,
  activation: Activation,
  value: Local,
  scratch: readonly Local[],
): void {
  if (activation === 'relu') {
    f.emit(value.set(f32x4.pmax(value.value, v128.zero)));
  } else if (activation === 'tanh') {
    writeTanh(f, value, scratch);
  } else if (activation === 'sigmoid') {
    // 1 / (1 + exp(−x)) = ½ + ½ · tanh(x / 2)
    f.emit(value.set(f32x4.mul(value.value, f32x4.splat(0.5))));
    writeTanh(f, value, scratch);
    const half = f32x4.splat(0.5);
    f.emit(value.set(f32x4.add(f32x4.mul(value.value, half), half)));
  } else if ('clamp' in activation) {
    const [min, max] = activation.clamp.map((limit) => f32x4.splat(limit));
    f.emit(value.set(f32x4.pmin(f32x4.pmax(value.value, min), max)));
  } else {
    const below = f32x4.mul(value.value, f32x4.splat(activation.leaky));
    const positive = f32x4.gt(value.value, v128.zero);
    f.emit(value.set(v128.bitselect(value.value, below, positive)));
  }
}

/**
 * Lambert's continued fraction for tanh, cut off at y⁷ and exact to 1e-9 for |y| ≤ 9/8; the argument is
 * brought there by three halvings, which tanh(2y) = 2t / (1 + t²) undoes. Beyond ±9, tanh is ±1 in
 * float32.
 */
function writeTanh(f: FunctionWriter, value: Local, [square, upper]: readonly Local[]): void {
  const clamped = f32x4.pmax(f32x4.pmin(value.value, f32x4.splat(9)), f32x4.splat(-9));
  const polynomial = (...coefficients: number[]) =>
    coefficients
      .slice(1)
      .reduce<Code>(
        (sum, c) => f32x4.add(f32x4.mul(sum, square.value), f32x4.splat(c)),
        f32x4.splat(coefficients[0]),
      );
  f.emit(
    value.set(f32x4.mul(clamped, f32x4.splat(1 / 8))),
    square.set(f32x4.mul(value.value, value.value)),
    upper.set(f32x4.mul(value.value, polynomial(1, 378, 17325, 135135))),
    value.set(f32x4.div(upper.value, polynomial(28, 3150, 62370, 135135))),
  );
  for (let doubling = 0; doubling < 3; doubling++) {
    const t = value.value;
    f.emit(value.set(f32x4.div(f32x4.add(t, t), f32x4.add(f32x4.splat(1), f32x4.mul(t, t)))));
  }
}

/** Planes to pixels. */
function writePlanarRow(
  module: ModuleWriter,
  f: FunctionWriter,
  shape: RowShape,
  planar: PlanarSource,
  src: Local,
  dst: Local,
): void {
  const { width, channels, border, zeros } = shape;
  const transpose = emitPlanesToPixels(module, { ...planar, channels, width });
  const inside = (zeros[0] + border.left) * channels * 4;
  f.call(transpose, src.value, i32.add(dst.value, i32.const(inside)));
  const c = f.local('i32');
  if (channels % 4 === 0) {
    writeEdges(f, shape, dst, c);
    return;
  }
  const edges = edgePixels(shape);
  if (edges.length === 0) return;
  f.repeat(c, channels, 1, () => {
    for (const [pixel, mirrored] of edges) {
      const value = mirrored === null ? f32.const(0) : f32.load(dst.value, mirrored * channels * 4);
      f.emit(f32.store(dst.value, value, pixel * channels * 4));
    }
    f.emit(dst.set(i32.add(dst.value, i32.const(4))));
  });
}

/** Pixels of the border, and which written pixel each repeats; `null` for a zero. */
function edgePixels({ width, border, zeros }: RowShape): [pixel: number, from: number | null][] {
  const { mode, left, right } = border;
  const first = zeros[0] + left;
  const last = first + width - 1;
  const sources: [pixel: number, from: number | null][] = [];
  const inwards = mode === 'reflect' ? 1 : 0;
  const repeated = (pixel: number) => (mode === 'zero' ? null : pixel);
  for (let i = 1; i <= left; i++) sources.push([first - i, repeated(first + i * inwards)]);
  for (let i = 1; i <= right; i++) sources.push([last + i, repeated(last - i * inwards)]);
  for (let i = 0; i < zeros[0]; i++) sources.push([i, null]);
  for (let i = 0; i < zeros[1]; i++) sources.push([last + right + 1 + i, null]);
  return sources;
}

/** Mirrors pixels that are written already, and fills up with zeros. */
function writeEdges(f: FunctionWriter, shape: RowShape, dst: Local, c: Local): void {
  const { channels } = shape;
  const edges = edgePixels(shape);
  if (edges.length === 0) return;
  f.repeat(c, channels, 4, () => {
    for (const [to, from] of edges) {
      const value = from === null ? v128.zero : v128.load(dst.value, from * channels * 4);
      f.emit(v128.store(dst.value, value, to * channels * 4));
    }
    f.emit(dst.set(i32.add(dst.value, i32.const(16))));
  });
}

/** `(dst)`: at least `floats` zeros, in whole vectors. */
export function emitZeroRow(module: ModuleWriter, floats: number): FunctionHandle {
  return module.define(`zeros ${floats}`, ['i32'], (f, dst) => {
    const i = f.local('i32');
    f.repeat(i, floats, 4, () => {
      f.emit(v128.store(dst.value, v128.zero), dst.set(i32.add(dst.value, i32.const(16))));
    });
  });
}
