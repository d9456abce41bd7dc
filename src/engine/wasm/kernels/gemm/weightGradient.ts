import { type Code, f32, i32 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import { emitZeroRow } from '../rows/rows.js';
import type { ConvStage } from '../rows/stage.js';
import { loadArguments, STAGE } from '../stageArguments.js';
import type { Target } from '../target.js';
import { emitMicroKernel } from './microKernel.js';

/**
 * The gradient of a convolution's weight as products of matrices, with K = pixels:
 *
 *     dW[oc][ic][ky][kx] = Σ_(y, x) gradient[y][x][oc] · input[y · s + ky · d][x · s + kx · d][ic]
 *
 * Channels are innermost, so a pixel of the gradient is a column of the left factor, and one of the input a row of the right
 * factor, which are read where they lie. Without dilation and groups, the columns of a kernel are one wide row.
 */
export interface WeightGradientShape {
  /** Of pixels in memory, with all padding: `[height][width][channels]`. */
  readonly input: { readonly width: number; readonly channels: number };
  readonly gradient: {
    readonly height: number;
    readonly width: number;
    readonly channels: number;
  };
  readonly kernel: readonly [height: number, width: number];
  readonly stride: readonly [vertical: number, horizontal: number];
  readonly dilation: readonly [vertical: number, horizontal: number];
  readonly groups: number;
  /** Real channels of a group. */
  readonly groupIn: number;
  readonly groupOut: number;
  /** Output channels of a work item, and rows of the kernel. */
  readonly itemOut: number;
  readonly itemRows: number;
}

export const WEIGHT_GRADIENT_ARGS = ['input', 'gradient', 'weight'] as const;

/** About how many pixels are summed up before the sum is added to that of the others: of whole rows. */
const SUMMED_PIXELS = 256;

/** Columns of a product: kernel columns by padded input channels. */
interface Columns {
  /** Kernel columns that one product takes. */
  readonly joined: number;
  /** Input channels of a group, in whole vectors. */
  readonly depth: number;
  /** Floats of a row of sums, for all kernel columns. */
  readonly pitch: number;
}

function columnsOf({ groups, dilation, kernel, input, groupIn }: WeightGradientShape): Columns {
  const depth = groups === 1 ? input.channels : Math.ceil(groupIn / 4) * 4;
  const joined = groups === 1 && dilation[1] === 1 ? kernel[1] : 1;
  return { joined, depth, pitch: kernel[1] * depth };
}

/** Bytes of sums for one output channel and row of the kernel. */
export function sumBytes(shape: WeightGradientShape): number {
  return columnsOf(shape).pitch * 4;
}

/** Work items: rows of the kernel fastest, then output channels, then groups. */
function itemsOf({ groups, groupOut, itemOut, kernel, itemRows }: WeightGradientShape) {
  const rowParts = kernel[0] / itemRows;
  const outParts = Math.ceil(groupOut / itemOut);
  return { rowParts, outParts, count: rowParts * outParts * groups };
}

/**
 * Stage: each work item owns a part of the weight, whose sums stay in the thread's scratch memory while all pixels go by. So
 * the order of sums does not depend on the number of threads.
 */
export function emitWeightGradient(
  module: ModuleWriter,
  target: Target,
  shape: WeightGradientShape,
): ConvStage {
  const { kernel, itemOut, itemRows } = shape;
  const { rowParts, outParts, count } = itemsOf(shape);
  const scratchBytes = itemRows * itemOut * sumBytes(shape);
  const key = `weight gradient ${JSON.stringify([target, shape])}`;
  const stage = module.define(key, STAGE, (f, item, args, scratch) => {
    const p = loadArguments(f, args, WEIGHT_GRADIENT_ARGS);
    const [row, out, group, outs, rest] = f.locals('i32', 5);
    f.emit(row.set(i32.mul(i32.rem(item.value, i32.const(rowParts)), i32.const(itemRows))));
    f.emit(rest.set(i32.div(item.value, i32.const(rowParts))));
    f.emit(out.set(i32.mul(i32.rem(rest.value, i32.const(outParts)), i32.const(itemOut))));
    f.emit(group.set(i32.div(rest.value, i32.const(outParts))));
    f.emit(outs.set(i32.min(i32.sub(i32.const(shape.groupOut), out.value), i32.const(itemOut))));
    f.call(emitZeroRow(module, scratchBytes / 4), scratch.value);
    const at = { row, group, out, outs, scratch };
    emitSums(f, module, target, shape, p, at);
    emitWriteOut(f, shape, p.weight, at);
  });
  if (kernel[0] % itemRows !== 0) throw new Error('an item has a part of the kernel rows');
  return { stage, items: count, scratchBytes };
}

type Pointers = Readonly<Record<(typeof WEIGHT_GRADIENT_ARGS)[number], Local>>;

/** An item's part of the weight: the first row of the kernel, group, first output channel in it, and how many; and its sums. */
type ItemPart = Readonly<Record<'row' | 'group' | 'out' | 'outs' | 'scratch', Local>>;

/** Sums of all pixels, some rows of the gradient at a time: `scratch[ky][oc][kx][ic]`. */
function emitSums(
  f: FunctionWriter,
  module: ModuleWriter,
  target: Target,
  shape: WeightGradientShape,
  p: Pointers,
  { row, group, out, outs, scratch }: ItemPart,
): void {
  const { input, gradient, kernel, stride, dilation, groupIn, groupOut, itemOut, itemRows } = shape;
  const { joined, depth, pitch } = columnsOf(shape);
  const rows = rowsAtATime(gradient.height, gradient.width);
  const [inputPixel, pixel] = [input.channels * 4, gradient.channels * 4];
  const inputPitch = input.width * inputPixel;
  const product = productOf(module, target, shape, rows);
  const [y, from, left, right] = f.locals('i32', 4);
  const channel = i32.add(i32.mul(group.value, i32.const(groupOut)), out.value);
  f.emit(left.set(i32.add(p.gradient.value, i32.mul(channel, i32.const(4)))));
  const first = i32.mul(row.value, i32.const(dilation[0] * inputPitch));
  const before = i32.mul(group.value, i32.const(groupIn * 4));
  f.emit(from.set(i32.add(i32.add(p.input.value, first), before)));
  f.repeat(y, gradient.height, rows, () => {
    f.emit(right.set(from.value));
    for (let ky = 0; ky < itemRows; ky++) {
      for (let kx = 0; kx < kernel[1]; kx += joined) {
        const b = i32.add(right.value, i32.const(kx * dilation[1] * inputPixel));
        const sums = (ky * itemOut * pitch + kx * depth) * 4;
        const to = i32.add(scratch.value, i32.const(sums));
        f.call(product, left.value, b, to, i32.const(0), outs.value);
      }
      f.advance(right, dilation[0] * inputPitch);
    }
    f.advance(left, rows * gradient.width * pixel);
    f.advance(from, rows * stride[0] * inputPitch);
  });
}

/** The product of so many rows of pixels, added to the sums. */
function productOf(
  module: ModuleWriter,
  target: Target,
  shape: WeightGradientShape,
  rows: number,
): FunctionHandle {
  const { input, gradient, stride } = shape;
  const { joined, depth, pitch } = columnsOf(shape);
  const pixel = gradient.channels * 4;
  const inputPixel = input.channels * 4;
  return emitMicroKernel(module, target, {
    n: joined * depth,
    run: gradient.width,
    middle: 1,
    middleStride: 0,
    outer: rows,
    outerStride: gradient.width * pixel,
    aStride: 4,
    cStride: pitch * 4,
    start: 'added',
    fetchesAhead: false,
    goesBeyond: false,
    aStep: pixel,
    bRows: { stride: stride[1] * inputPixel, outerStride: stride[0] * input.width * inputPixel },
  });
}

/** As many rows as divide the picture, of about `SUMMED_PIXELS`. */
function rowsAtATime(height: number, width: number): number {
  let rows = Math.min(height, Math.max(1, Math.floor(SUMMED_PIXELS / width)));
  while (height % rows > 0) rows--;
  return rows;
}

/** Sums to PyTorch's order, `[oc][ic][ky][kx]`. */
function emitWriteOut(
  f: FunctionWriter,
  shape: WeightGradientShape,
  weight: Local,
  { row, group, out, outs, scratch }: ItemPart,
): void {
  const { kernel, groupIn, groupOut, itemOut, itemRows } = shape;
  const { depth, pitch } = columnsOf(shape);
  const taps = kernel[0] * kernel[1];
  const [oc, ic, from, to] = f.locals('i32', 4);
  const channel: Code = i32.add(i32.mul(group.value, i32.const(groupOut)), out.value);
  const start = i32.add(
    i32.mul(channel, i32.const(groupIn * taps)),
    i32.mul(row.value, i32.const(kernel[1])),
  );
  f.emit(to.set(i32.add(weight.value, i32.mul(start, i32.const(4)))));
  f.emit(from.set(scratch.value));
  f.for(oc, i32.const(0), outs.value, 1, () => {
    f.repeat(ic, groupIn, 1, () => {
      for (let ky = 0; ky < itemRows; ky++) {
        for (let kx = 0; kx < kernel[1]; kx++) {
          const sum = f32.load(from.value, (ky * itemOut * pitch + kx * depth) * 4);
          f.emit(f32.store(to.value, sum, (ky * kernel[1] + kx) * 4));
        }
      }
      f.advance(from, 4);
      f.advance(to, taps * 4);
    });
    f.advance(from, (pitch - groupIn) * 4);
  });
}
