import { f32, f64, i32 } from '../../../../emit/code.js';
import type { FunctionHandle, ModuleWriter } from '../../../../emit/module.js';
import { panelRanges } from '../gemm/panels.js';
import { argumentLoads, PACKING_ARGS, STAGE } from '../stageArguments.js';
import type { Target } from '../target.js';
import { COLUMN_TAPS, type ColumnShape, columnGemm, columnParts, TALL_KERNEL } from './columns.js';

/** PyTorch's tensor, `[outChannels][perGroup][kernelHeight][kernelWidth]`. */
export interface ColumnWeights {
  readonly outChannels: number;
  /** Input channels that an output channel reads. */
  readonly perGroup: number;
}

/**
 * Stage, an item an output channel: PyTorch's kernels to U of the tall kernel, `[ξ][part]`, and in each the transformed taps
 * of that part as the product kernel wants them, K = (kernel column, ic), or with N = (kernel column, oc) and
 * K = ic where channels are narrow, all of the channel's own group. Padding stays as it is: zero.
 */
export function emitColumnWeights(
  module: ModuleWriter,
  target: Target,
  shape: ColumnShape,
  { outChannels, perGroup }: ColumnWeights,
): FunctionHandle {
  const { source, kernelHeight, kernelWidth, fewOutputChannels, groups } = shape;
  const channels = source.row.channels / groups;
  const { n, depth } = columnGemm(shape);
  const parts = columnParts(shape);
  const kernelBytes = 4 * kernelHeight * kernelWidth;
  const [full, ...others] = panelRanges(target, n);
  const narrower = others.filter(({ width }) => width !== full.width);
  const key = `tall kernels ${JSON.stringify([target, shape, outChannels, perGroup])}`;
  return module.define(key, STAGE, (f, item, args) => {
    const { weight, packed } = argumentLoads(args, PACKING_ARGS);
    const [from, to, kx, ic, column, width, k] = f.locals('i32', 7);
    const taps = f.locals('f64', COLUMN_TAPS);
    f.repeat(kx, kernelWidth, 1, () => {
      if (fewOutputChannels === null) {
        f.emit(column.set(item.value));
        f.emit(k.set(i32.mul(kx.value, i32.const(channels))));
      } else {
        const before = i32.mul(kx.value, i32.const(fewOutputChannels));
        f.emit(column.set(i32.add(before, item.value)), k.set(i32.const(0)));
      }
      // Where the column's panel begins, in columns.
      const panels = i32.div(column.value, i32.const(full.width));
      f.emit(to.set(i32.mul(panels, i32.const(full.width))), width.set(i32.const(full.width)));
      for (const range of narrower) {
        f.if(i32.ge(column.value, i32.const(range.first)), () =>
          f.emit(to.set(i32.const(range.first)), width.set(i32.const(range.width))),
        );
      }
      const inPanel = i32.add(i32.sub(column.value, to.value), i32.mul(k.value, width.value));
      f.emit(to.set(i32.add(i32.mul(to.value, i32.const(depth)), inPanel)));
      f.emit(to.set(i32.add(packed, i32.mul(to.value, i32.const(4)))));
      const own = i32.mul(item.value, i32.const(perGroup * kernelBytes));
      const start = i32.add(weight, own);
      f.emit(from.set(i32.add(start, i32.mul(kx.value, i32.const(4)))));
      f.repeat(ic, perGroup, 1, () => {
        for (let part = 0; part < parts; part++) {
          const rows = Math.min(COLUMN_TAPS, kernelHeight - part * COLUMN_TAPS);
          for (let row = 0; row < rows; row++) {
            const offset = 4 * (part * COLUMN_TAPS + row) * kernelWidth;
            f.emit(taps[row].set(f64.promote(f32.load(from.value, offset))));
          }
          for (const [plane, factors] of TALL_KERNEL.entries()) {
            // Summed up in double precision: U is rounded once.
            const sum = taps
              .slice(0, rows)
              .map((tap, row) => f64.mul(f64.const(factors[row]), tap.value))
              .reduce((a, b) => f64.add(a, b));
            f.emit(f32.store(to.value, f32.demote(sum), 4 * (plane * parts + part) * depth * n));
          }
        }
        f.emit(from.set(i32.add(from.value, i32.const(kernelBytes))));
        f.emit(to.set(i32.add(to.value, i32.mul(width.value, i32.const(4)))));
      });
    });
  });
}
