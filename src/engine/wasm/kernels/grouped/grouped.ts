import { f32, i32, v128 } from '../../../../emit/code.js';
import type { FunctionHandle, ModuleWriter } from '../../../../emit/module.js';
import { type DirectShape, depthRuns, emitByRows, type Phase } from '../gemm/implicitGemm.js';
import { emitMicroKernel } from '../gemm/microKernel.js';
import { panelRanges } from '../gemm/panels.js';
import { type ConvStage, RowLoader } from '../rows/stage.js';
import type { Target } from '../target.js';
import { channelBlocks, emitDepthwiseRow } from './depthwise.js';
import { SpreadRows, type SpreadShape, spreadChannels } from './spread.js';

/** Groups of a convolution, each of which reads its own channels only. */
export type GroupedShape = DirectShape & SpreadShape;

/** Most output channels of a group for which inputs are laid out by output channel; with more, a group is a product of matrices. */
const MAX_SPREAD = 4;

export function isSpread({ groupOut }: SpreadShape): boolean {
  return groupOut <= MAX_SPREAD;
}

/** One input channel for each output channel, which is how both lie in memory. */
function isDepthwise({ groupIn, groupOut }: SpreadShape): boolean {
  return groupIn === 1 && groupOut === 1;
}

/** Floats of a group's output in a product, which makes whole vectors. */
function productWidth({ groupOut }: SpreadShape): number {
  return Math.ceil(groupOut / 4) * 4;
}

/**
 * Output channels whose weights are packed together. Behind each other lie tap rows, in these the tap columns of each input channel of
 * the group (`columnsInside`), or those channels of each tap column, and in these `lanes`.
 */
export interface GroupedPanel {
  /** The first output channel, and how many there are; `lanes` may be more. */
  readonly first: number;
  readonly count: number;
  readonly lanes: number;
  readonly columnsInside: boolean;
}

export function groupedPanels(target: Target, shape: SpreadShape): GroupedPanel[] {
  const { groups, groupOut } = shape;
  if (isSpread(shape)) {
    const total = groups * groupOut;
    return channelBlocks(target, spreadChannels(shape)).map(({ first, lanes }) => ({
      first,
      count: Math.min(lanes, total - first),
      lanes,
      columnsInside: true,
    }));
  }
  const panels = panelRanges(target, productWidth(shape));
  return Array.from({ length: groups }, (_, group) =>
    panels.map(({ first, width }) => ({
      first: group * groupOut + first,
      count: Math.min(width, groupOut - first),
      lanes: width,
      columnsInside: false,
    })),
  ).flat();
}

/** Stage: a convolution of several groups, row by row. `weights` are packed by `groupedPanels`. */
export function emitGrouped(module: ModuleWriter, target: Target, shape: GroupedShape): ConvStage {
  const key = `grouped ${JSON.stringify([target, shape])}`;
  if (!isSpread(shape)) return emitByProducts(module, target, shape, key);
  const { source, inStep, groupIn } = shape;
  const loader = new RowLoader(module, target, source);
  const spread = isDepthwise(shape) ? null : new SpreadRows(module, target, source, shape);
  const input = spread ?? loader;
  return emitByRows(module, shape, {
    key,
    input,
    spareBytes: spread?.spareBytes ?? 0,
    emitRow: (f, { rows, cols }, { input: from, weights, out, bias }) => {
      const row = emitDepthwiseRow(module, target, {
        channels: shape.out.channels,
        terms: groupIn,
        rows: { taps: rows.taps, tapStep: rows.tapStep },
        cols: {
          count: cols.count,
          outStep: cols.outStep,
          taps: cols.taps,
          tapStep: cols.tapStep,
        },
        inStep: inStep[1],
        pitch: input.pitch,
      });
      f.call(row, from, weights, out, bias);
    },
  });
}

/** A product for each group. Where its outputs are no whole vectors, they are put side by side afterwards. */
function emitByProducts(
  module: ModuleWriter,
  target: Target,
  shape: GroupedShape,
  key: string,
): ConvStage {
  const { source, out, groups } = shape;
  const input = new RowLoader(module, target, source);
  const n = productWidth(shape);
  const isAligned = n === shape.groupOut;
  return emitByRows(module, shape, {
    key,
    input,
    spareBytes: isAligned ? 0 : out.width * groups * n * 4,
    emitRow: (f, phase, { input: from, weights, out: to, bias, spare }) => {
      const products = emitGroupProducts(module, target, shape, phase, input);
      f.call(products, from, weights, isAligned ? to : spare, bias);
      if (!isAligned) f.call(emitJoin(module, shape, phase), spare, to);
    },
  });
}

/** `(in, weights, out, bias)`: one output row of all groups, each of `productWidth` floats. */
function emitGroupProducts(
  module: ModuleWriter,
  target: Target,
  shape: GroupedShape,
  { rows, cols }: Phase,
  { channels, pitch }: RowLoader,
): FunctionHandle {
  const { inStep, out, groups, groupIn, groupOut } = shape;
  const n = productWidth(shape);
  const pixel = n === groupOut ? cols.outStep * out.channels : groups * n;
  const product = emitMicroKernel(module, target, {
    n,
    ...depthRuns(rows, cols, channels, pitch, groupIn),
    aStride: inStep[1] * channels * 4,
    cStride: pixel * 4,
    start: 'bias',
    fetchesAhead: false,
    goesBeyond: false,
  });
  const key = `group products ${JSON.stringify([target, shape, rows, cols])}`;
  return module.define(key, ['i32', 'i32', 'i32', 'i32'], (f, input, weights, to, bias) => {
    const g = f.local('i32');
    f.repeat(g, groups, 1, () => {
      const count = i32.const(cols.count);
      f.call(product, input.value, weights.value, to.value, bias.value, count);
      const steps = [
        [input, groupIn],
        [weights, rows.taps * cols.taps * groupIn * n],
        [to, n],
        [bias, groupOut],
      ] as const;
      for (const [pointer, floats] of steps) {
        f.emit(pointer.set(i32.add(pointer.value, i32.const(floats * 4))));
      }
    });
  });
}

/** `(src, dst)`: a row of pixels of `[groups][productWidth]` as pixels without padding between groups, and zeros at their ends. */
function emitJoin(module: ModuleWriter, shape: GroupedShape, { cols }: Phase): FunctionHandle {
  const { groups, groupOut, out } = shape;
  const n = productWidth(shape);
  const key = `join groups ${JSON.stringify([groups, groupOut, cols.count, cols.outStep, out.channels])}`;
  return module.define(key, ['i32', 'i32'], (f, src, dst) => {
    const [x, g, to] = f.locals('i32', 3);
    f.repeat(x, cols.count, 1, () => {
      f.emit(v128.store(dst.value, v128.zero, (out.channels - 4) * 4), to.set(dst.value));
      f.repeat(g, groups, 1, () => {
        const whole = Math.floor(groupOut / 4);
        for (let v = 0; v < whole; v++) {
          f.emit(v128.store(to.value, v128.load(src.value, 16 * v), 16 * v));
        }
        for (let c = 4 * whole; c < groupOut; c++) {
          f.emit(f32.store(to.value, f32.load(src.value, 4 * c), 4 * c));
        }
        f.emit(src.set(i32.add(src.value, i32.const(n * 4))));
        f.emit(to.set(i32.add(to.value, i32.const(groupOut * 4))));
      });
      const pixel = cols.outStep * out.channels * 4;
      f.emit(dst.set(i32.add(dst.value, i32.const(pixel))));
    });
  });
}
