import { f32, f64, i32 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import { panelRanges } from '../gemm/panels.js';
import { argumentLoads, PACKING_ARGS, STAGE } from '../stageArguments.js';
import type { Target } from '../target.js';
import {
  COLUMN_KERNEL,
  COLUMN_TAPS,
  type ColumnShape,
  columnGemm,
  columnParts,
} from './columns.js';

/** How PyTorch's tensor lies. */
export interface ColumnWeights {
  /** Channels of a group. */
  readonly groupIn: number;
  readonly groupOut: number;
  /** Floats from one output channel to the next, from one input channel, and from one group. */
  readonly strides: { readonly out: number; readonly in: number; readonly group: number };
  /** Whether taps are packed from the last to the first. */
  readonly isBackwards: boolean;
}

/**
 * Stage, one work item per output channel: PyTorch's kernels to U, `[ξ][part]`, and in each the transformed taps
 * of that part as the GEMM micro-kernel reads them, K = (kernel column, ic), or with N = (kernel column, oc) and
 * K = ic where output channels are few, all of the channel's own group. Padding stays as it is: zero.
 */
export function emitColumnWeights(
  module: ModuleWriter,
  target: Target,
  shape: ColumnShape,
  layout: ColumnWeights,
): FunctionHandle {
  const { kernelHeight, kernelWidth } = shape;
  const { groupIn, groupOut, strides, isBackwards } = layout;
  const last = 4 * (kernelHeight * kernelWidth - 1);
  const key = `column kernels ${JSON.stringify([target, shape, layout])}`;
  return module.define(key, STAGE, (f, item, args) => {
    const { weight, packed } = argumentLoads(args, PACKING_ARGS);
    const locals = f.namedLocals('i32', LOCALS);
    const { src, to, kx, ic, width } = locals;
    const taps = f.locals('f64', COLUMN_TAPS);
    f.repeat(kx, kernelWidth, 1, () => {
      placeInPanels(f, target, shape, item, locals);
      f.emit(to.set(i32.add(packed, i32.mul(to.value, i32.const(4)))));
      const ofGroup = i32.mul(
        i32.div(item.value, i32.const(groupOut)),
        i32.const(4 * strides.group),
      );
      const inGroup = i32.mul(i32.rem(item.value, i32.const(groupOut)), i32.const(4 * strides.out));
      const start = i32.add(weight, i32.add(ofGroup, inGroup));
      const column = i32.mul(kx.value, i32.const(4));
      const tap = isBackwards ? i32.sub(i32.const(last), column) : column;
      f.emit(src.set(i32.add(start, tap)));
      f.repeat(ic, groupIn, 1, () => {
        for (let part = 0; part < columnParts(shape); part++) {
          transformTaps(f, shape, part, isBackwards, locals, taps);
        }
        f.advance(src, 4 * strides.in);
        f.emit(to.set(i32.add(to.value, i32.mul(width.value, i32.const(4)))));
      });
    });
  });
}

/**
 * `src` is the address of a tap, `to` that of its place in U; `kx` and `ic` count kernel columns and input channels.
 * `column` and `k` are the place in the product's right factor, whose panel is `width` columns wide.
 */
const LOCALS = ['src', 'to', 'kx', 'ic', 'column', 'width', 'k'] as const;

type WeightLocals = Readonly<Record<(typeof LOCALS)[number], Local>>;

/** Sets `to` to where the output channel's values for kernel column `kx` begin, in floats, and `width`. */
function placeInPanels(
  f: FunctionWriter,
  target: Target,
  shape: ColumnShape,
  outChannel: Local,
  { to, kx, column, width, k }: WeightLocals,
): void {
  const { source, fewOutputChannels, groups } = shape;
  const { n, depth } = columnGemm(shape);
  if (fewOutputChannels === null) {
    f.emit(column.set(outChannel.value));
    f.emit(k.set(i32.mul(kx.value, i32.const(source.row.channels / groups))));
  } else {
    const before = i32.mul(kx.value, i32.const(fewOutputChannels));
    f.emit(column.set(i32.add(before, outChannel.value)), k.set(i32.const(0)));
  }
  const [full, ...others] = panelRanges(target, n);
  const narrower = others.filter(({ width }) => width !== full.width);
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
}

/** One part's taps of a channel to its seven products. */
function transformTaps(
  f: FunctionWriter,
  shape: ColumnShape,
  part: number,
  isBackwards: boolean,
  { src, to }: WeightLocals,
  taps: readonly Local[],
): void {
  const { kernelHeight, kernelWidth } = shape;
  const { n, depth } = columnGemm(shape);
  const rows = taps.slice(0, kernelHeight - part * COLUMN_TAPS);
  for (const [row, tap] of rows.entries()) {
    const offset = 4 * (part * COLUMN_TAPS + row) * kernelWidth;
    const from = isBackwards ? i32.sub(src.value, i32.const(offset)) : src.value;
    f.emit(tap.set(f64.promote(f32.load(from, isBackwards ? 0 : offset))));
  }
  for (const [element, factors] of COLUMN_KERNEL.entries()) {
    // Summed up in double precision: U is rounded once.
    const sum = rows
      .map((tap, row) => f64.mul(f64.const(factors[row]), tap.value))
      .reduce((a, b) => f64.add(a, b));
    const place = (element * columnParts(shape) + part) * depth * n;
    f.emit(f32.store(to.value, f32.demote(sum), 4 * place));
  }
}
