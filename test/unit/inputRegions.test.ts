import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveAvgPool2d } from '../../src/tensor/avgPool2d.js';
import { resolveClamp } from '../../src/tensor/clamp.js';
import { resolveConv2d } from '../../src/tensor/conv2d.js';
import { resolveConvTranspose2d } from '../../src/tensor/convTranspose2d.js';
import { resolveMaxPool2d } from '../../src/tensor/maxPool2d.js';
import type { Operator } from '../../src/tensor/operator.js';
import { OPERATORS } from '../../src/tensor/operators.js';
import { type PadMode, resolvePad } from '../../src/tensor/pad.js';
import type { Region } from '../../src/tensor/region.js';
import type { Pair, Shape } from '../../src/tensor/shape.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { resolveUpsample } from '../../src/tensor/upsample.js';

/**
 * An operator says which part of its operands a part of its result is computed from. What lies elsewhere can be anything: here
 * NaN, which would be seen even through a zero weight.
 */

interface Case {
  readonly shapes: readonly (Shape | null)[];
  readonly attributes: unknown;
}

const int = (min: number, max: number) => fc.integer({ min, max });
const pair = (min: number, max: number) => fc.tuple(int(min, max), int(min, max));
const picture = fc.tuple(int(1, 2), int(1, 3), int(1, 9), int(1, 9));
const ofOne = <A>(attributes: A): fc.Arbitrary<Case> =>
  picture.map((shape) => ({ shapes: [shape], attributes }));
/** Attributes by options; those that do not fit are left out. */
const ofWindow = <O>(options: fc.Arbitrary<O>, resolve: (options: O) => unknown) =>
  fc
    .record({ shape: picture, options })
    .filter(({ options: o }) => does(() => resolve(o)))
    .map(({ shape, options: o }): Case => ({ shapes: [shape], attributes: resolve(o) }));

const convolution = fc.record({
  shape: picture,
  out: int(1, 2),
  kernel: pair(1, 3),
  stride: pair(1, 3),
  padding: pair(0, 2),
  dilation: pair(1, 2),
});
const pool = fc.record({
  kernel: pair(1, 4),
  stride: pair(1, 3),
  padding: pair(0, 2),
  dilation: pair(1, 2),
  ceilMode: fc.boolean(),
  countIncludePad: fc.boolean(),
});
const elementwise: fc.Arbitrary<Case> = fc
  .tuple(picture, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), fc.boolean())
  .map(([shape, ones, isSwapped]) => {
    const small = shape.map((side, axis) => (ones[axis] ? 1 : side));
    return { shapes: isSwapped ? [small, shape] : [shape, small], attributes: {} };
  });
const vectors = (shape: readonly number[], count: number) => Array(count).fill([shape[1]]);

const adaptivePool = fc
  .tuple(picture, pair(1, 9))
  .map(([shape, outputSize]) => ({ shapes: [shape], attributes: { outputSize } }));

const CASES: Readonly<Record<string, fc.Arbitrary<Case>>> = {
  add: elementwise,
  mul: elementwise,
  sub: elementwise,
  div: elementwise,
  relu: ofOne({}),
  tanh: ofOne({}),
  prelu: picture.map((shape) => ({ shapes: [shape, [shape[1]]], attributes: {} })),
  sigmoid: ofOne({}),
  leakyRelu: ofOne({ negativeSlope: 0.2 }),
  clamp: ofOne(resolveClamp({ min: -0.5, max: 0.5 })),
  batchNorm2d: picture.map((shape) => ({
    shapes: [shape, ...vectors(shape, 4)],
    attributes: { eps: 1e-5 },
  })),
  groupNorm: picture.map((shape) => ({
    shapes: [shape, null, null],
    attributes: { numGroups: 1, eps: 1e-5, correction: 0, epsOutside: false },
  })),
  instanceNorm2d: fc.tuple(picture, fc.boolean()).map(([shape, isTracked]) => ({
    shapes: [shape, null, null, ...(isTracked ? vectors(shape, 2) : [null, null])],
    attributes: { eps: 1e-5 },
  })),
  conv2d: convolution.map(({ shape, out, kernel, ...options }) => ({
    shapes: [shape, [out, shape[1], ...kernel], null],
    attributes: resolveConv2d(options),
  })),
  convTranspose2d: convolution.map(({ shape, out, kernel, ...options }) => ({
    shapes: [shape, [shape[1], out, ...kernel], null],
    attributes: resolveConvTranspose2d(options),
  })),
  cat: fc
    .record({ shape: picture, dim: int(-4, 3), sides: fc.array(int(0, 4), { maxLength: 2 }) })
    .map(({ shape, dim, sides }) => ({
      shapes: [shape, ...sides.map((side) => shape.with(dim, side))],
      attributes: { dim },
    })),
  linear: fc.tuple(int(1, 4), int(1, 5), int(1, 3)).map(([rows, from, to]) => ({
    shapes: [[rows, from], [to, from], null],
    attributes: {},
  })),
  reshape: ofOne({ shape: [0, -1] }),
  narrow: fc
    .record({ shape: picture, dim: int(-4, 3), from: fc.nat(), to: fc.nat() })
    .map(({ shape, dim, from, to }) => {
      const side = shape.at(dim) as number;
      const length = 1 + (to % side);
      const start = from % (side - length + 1);
      return { shapes: [shape], attributes: { dim, start, length } };
    }),
  pixelShuffle: fc.tuple(picture, int(1, 3)).map(([shape, upscaleFactor]) => ({
    shapes: [shape.with(1, shape[1] * upscaleFactor ** 2)],
    attributes: { upscaleFactor },
  })),
  softmax: fc
    .tuple(picture, int(-4, 3))
    .map(([shape, dim]) => ({ shapes: [shape], attributes: { dim } })),
  reflectionPad2d: ofWindow(fc.tuple(int(0, 4), int(0, 4), int(0, 4), int(0, 4)), (padding) => ({
    padding,
  })),
  pad: ofWindow(
    fc.record({
      padding: fc.tuple(int(-6, 6), int(-6, 6), int(-6, 6), int(-6, 6)),
      mode: fc.constantFrom<PadMode>('constant', 'reflect', 'replicate'),
    }),
    ({ padding, mode }) => resolvePad(padding, { mode }),
  ),
  upsample: ofWindow(
    fc.record({
      sides: fc.oneof(
        pair(1, 12).map((size: Pair) => ({ size })),
        pair(2, 9).map(([a, b]) => ({ scaleFactor: [a / 3, b / 3] as const })),
      ),
      mode: fc.constantFrom<object>(
        {},
        { mode: 'bilinear' },
        { mode: 'bilinear', alignCorners: true },
      ),
    }),
    ({ sides, mode }) => resolveUpsample({ ...sides, ...mode }),
  ),
  adaptiveAvgPool2d: adaptivePool,
  adaptiveMaxPool2d: adaptivePool,
  maxPool2d: ofWindow(pool, ({ kernel, countIncludePad, ...options }) =>
    resolveMaxPool2d(kernel, options),
  ),
  avgPool2d: ofWindow(pool, ({ kernel, dilation, ...options }) =>
    resolveAvgPool2d(kernel, options),
  ),
};

describe('the region that an operator reads', () => {
  it.each(OPERATORS.map((operator) => [operator.op, operator] as const))(
    'is all that counts for %s',
    (op, operator) => {
      let [count, narrower] = [0, 0];
      fc.assert(
        fc.property(CASES[op], fc.infiniteStream(fc.nat()), (c, choices) => {
          fc.pre(does(() => operator.outputShape(c.shapes as Shape[], c.attributes)));
          const shape = operator.outputShape(c.shapes as Shape[], c.attributes);
          fc.pre(shape.every((side) => side > 0));
          const region = regionOf(shape, () => choices.next().value as number);
          const regions = operator.inputRegions?.(region, c.shapes as Shape[], c.attributes) ?? [];
          const operands = c.shapes.map((s, i) => (s === null ? null : wave(s, i)));
          const changed = operands.map((tensor, i) => outsideOf(tensor, regions[i] ?? null));
          expect(within(run(operator, changed, c), region)).toEqual(
            within(run(operator, operands, c), region),
          );
          count++;
          if (changed.some((tensor) => tensor?.data.some(Number.isNaN))) narrower++;
        }),
      );
      // Norms by their own statistics read everything, and so say so.
      const least = ['groupNorm', 'reshape'].includes(op)
        ? -1
        : op === 'instanceNorm2d'
          ? 0
          : count / 10;
      expect(narrower).toBeGreaterThan(least);
    },
  );
});

function run(
  operator: Operator,
  operands: readonly (Tensor | null)[],
  { attributes }: Case,
): Tensor {
  return operator.run(operands as Tensor[], attributes);
}

function does(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

/** Any part of a value, of one pixel or more. */
function regionOf(shape: Shape, draw: () => number): Region {
  const range = (size: number) => {
    const from = draw() % size;
    return [from, from + 1 + (draw() % (size - from))];
  };
  const [rows, columns] = [range(shape[shape.length - 2]), range(shape[shape.length - 1])];
  return { top: rows[0], bottom: rows[1], left: columns[0], right: columns[1] };
}

function within({ data, shape }: Tensor, { top, bottom, left, right }: Region): number[] {
  const [height, width] = shape.slice(-2);
  return [...data].filter((_, i) => {
    const [y, x] = [Math.floor(i / width) % height, i % width];
    return y >= top && y < bottom && x >= left && x < right;
  });
}

/** NaN outside of a region; all is inside of `null`. */
function outsideOf(tensor: Tensor | null, region: Region | null): Tensor | null {
  if (tensor === null || region === null) return tensor;
  const { top, bottom, left, right } = region;
  const [height, width] = tensor.shape.slice(-2);
  const data = tensor.data.map((value, i) => {
    const [y, x] = [Math.floor(i / width) % height, i % width];
    return y >= top && y < bottom && x >= left && x < right ? value : Number.NaN;
  });
  return new Tensor(data, tensor.shape);
}

function wave(shape: Shape, seed: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  // Above zero, since some are variances.
  const data = Float32Array.from({ length: size }, (_, i) => 1.5 + Math.sin(i * i + seed));
  return new Tensor(data, shape);
}
