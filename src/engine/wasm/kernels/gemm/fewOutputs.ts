import { i32 } from '../../../../emit/code.js';
import type { ModuleWriter } from '../../../../emit/module.js';
import { emitShiftAdd } from '../rows/planar.js';
import { rowPixels } from '../rows/rows.js';
import {
  type ConvStage,
  loadPointers,
  type OutputShape,
  RowLoader,
  RowSummer,
  type SourceShape,
} from '../rows/stage.js';
import { STAGE } from '../stageArguments.js';
import type { Target } from '../target.js';
import { lastTap, type PhaseAxis } from './implicitGemm.js';
import { emitMicroKernel } from './microKernel.js';

export interface FewOutputsShape {
  readonly source: SourceShape;
  readonly rows: PhaseAxis;
  readonly inStep: number;
  readonly kernelWidth: number;
  /** Real output channels: at most 4. */
  readonly outChannels: number;
  readonly out: OutputShape;
  readonly rowsPerItem: number;
}

/** Floats of a pixel of partial results, one group of output channels for each kernel column. */
export function fewOutputsWidth(kernelWidth: number, outChannels: number): number {
  return Math.ceil(((kernelWidth - 1) * outChannels + 4) / 4) * 4;
}

/**
 * Stage: a convolution with so few output channels that vectors along them would be half empty. Each
 * padded input pixel meets all kernel columns at once, N = (kx, oc), and a shifted sum over the kernel
 * columns finishes the row. K = (tap row, ic).
 */
export function emitFewOutputs(
  module: ModuleWriter,
  target: Target,
  shape: FewOutputsShape,
): ConvStage {
  const { source, rows, inStep, kernelWidth, outChannels, out, rowsPerItem } = shape;
  const loader = new RowLoader(module, target, source);
  const items = Math.ceil(out.height / rowsPerItem);
  const reach = lastTap(rows) - rows.first;
  const pixels = rowPixels(source.row);
  const n = fewOutputsWidth(kernelWidth, outChannels);
  const rowsInScratch = (rowsPerItem - 1) * inStep + reach + 1;
  const partsAt = rowsInScratch * loader.pitch;
  const key = `few outputs ${JSON.stringify([target, shape])}`;
  const stage = module.define(key, STAGE, (f, item, args, scratch) => {
    const p = loadPointers(f, args);
    const [start, end, r] = f.locals('i32', 3);
    f.emit(start.set(i32.mul(item.value, i32.const(rowsPerItem))));
    const next = i32.add(start.value, i32.const(rowsPerItem));
    f.emit(end.set(i32.min(next, i32.const(out.height))));
    const firstInput = i32.add(i32.mul(start.value, i32.const(inStep)), i32.const(rows.first));
    const made = i32.sub(i32.sub(end.value, start.value), i32.const(1));
    const count = i32.add(i32.mul(made, i32.const(inStep)), i32.const(reach + 1));
    loader.load(f, p, scratch.value, firstInput, count, start.value, end.value);
    const summer = out.sums ? new RowSummer(module, out) : null;
    const partial = summer?.begin(f, p, item);
    const product = emitMicroKernel(module, target, {
      n,
      run: source.row.channels,
      middle: 1,
      middleStride: 0,
      outer: rows.taps,
      outerStride: rows.tapStep * loader.pitch,
      aStride: source.row.channels * 4,
      cStride: n * 4,
      start: 'zero',
      fetchesAhead: false,
      goesBeyond: false,
    });
    const shift = emitShiftAdd(module, {
      width: out.width,
      columns: kernelWidth,
      outChannels,
      n,
    });
    const parts = i32.add(scratch.value, i32.const(partsAt));
    f.for(r, start.value, end.value, 1, () => {
      const row = i32.mul(i32.sub(r.value, start.value), i32.const(inStep * loader.pitch));
      const input = i32.add(scratch.value, row);
      f.call(product, input, p.weights.value, parts, i32.const(0), i32.const(pixels));
      const offset = i32.mul(r.value, i32.const(out.width * out.channels * 4));
      f.call(shift, parts, i32.add(p.out.value, offset), p.bias.value);
      if (summer !== null && partial !== undefined) {
        summer.add(f, p, partial, r.value, i32.add(r.value, i32.const(1)));
      }
    });
  });
  return { stage, items, scratchBytes: partsAt + (pixels * n + 4) * 4 };
}
