import { type Code, f32, i32 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import { panelRanges, panelsOf } from '../gemm/panels.js';
import { emitZeroRow } from '../rows/rows.js';
import type { BandStage } from '../rows/stage.js';
import { argumentLoads, loadArguments, PACKING_ARGS, STAGE } from '../stageArguments.js';
import type { Target } from '../target.js';
import { axesOf, tileElementsOf } from './algorithms.js';
import { byWidth, groupsOf, kernelDepth, kernelPlane, type WinogradShape } from './shape.js';
import { emitKernelTile } from './transforms.js';

/** `(packed, to)`: a row of planes of one group's U, of kernels as `emitKernelPacking` leaves them. */
export function emitGroupKernels(
  module: ModuleWriter,
  target: Target,
  shape: WinogradShape,
  n: number,
  row: number,
): FunctionHandle {
  const { algorithm } = shape;
  const channels = kernelDepth(shape);
  const { full, tail } = panelsOf(target, n);
  const key = `group kernels ${JSON.stringify([target, algorithm, channels, n, row])}`;
  return module.define(key, ['i32', 'i32'], (f, from, to) => {
    const index = f.local('i32');
    const panels = (vectors: number, count: number) => {
      const lanes = 4 * vectors;
      const planeBytes = kernelPlane(shape, n);
      const kernelTile = emitKernelTile(module, target, {
        algorithm,
        channels,
        lanes,
        row,
        planeStride: planeBytes,
      });
      f.repeat(index, count, 1, () => {
        f.call(kernelTile, from.value, to.value);
        f.emit(from.set(i32.add(from.value, i32.const(9 * channels * lanes * 4))));
        f.emit(to.set(i32.add(to.value, i32.const(channels * lanes * 4))));
      });
    };
    panels(target.tile.vectors, full);
    for (const vectors of tail) panels(vectors, 1);
  });
}

export interface KernelPackingShape {
  /** Floats from one output channel to the next in PyTorch's tensor, from one input channel, and from one group of the convolution. */
  readonly strides: { readonly out: number; readonly in: number; readonly group: number };
  /** Output channels of a group. */
  readonly groupOut: number;
  /** Real channels, of which input channels are those of one group, and those after padding. */
  readonly inChannels: number;
  readonly paddedIn: number;
  readonly outChannels: number;
  readonly paddedOut: number;
}

/**
 * Writes the code that packs panel `index` into `packed`, which begins with the first of all panels; channels that exist
 * only as padding stay as they are, zero.
 */
function emitPacking(
  f: FunctionWriter,
  target: Target,
  shape: KernelPackingShape,
  weight: Local,
  packed: Local,
  index: Local,
): void {
  const { strides, groupOut, inChannels, paddedIn, outChannels, paddedOut } = shape;
  const floatsBefore = (channel: Code) => {
    if (groupOut === outChannels) return i32.mul(channel, i32.const(strides.out));
    const group = i32.mul(i32.div(channel, i32.const(groupOut)), i32.const(strides.group));
    return i32.add(group, i32.mul(i32.rem(channel, i32.const(groupOut)), i32.const(strides.out)));
  };
  const [src, dst, from, to, ic, lane] = f.locals('i32', 6);
  const write = (width: number, lanes: number, first: Code) => {
    if (lanes <= 0) return;
    const before = i32.mul(floatsBefore(first), i32.const(4));
    f.emit(src.set(i32.add(weight.value, before)));
    f.emit(dst.set(i32.add(packed.value, i32.mul(first, i32.const(paddedIn * 36)))));
    f.repeat(ic, inChannels, 1, () => {
      f.emit(from.set(src.value), to.set(dst.value));
      f.repeat(lane, lanes, 1, () => {
        for (let tap = 0; tap < 9; tap++) {
          f.emit(f32.store(to.value, f32.load(from.value, tap * 4), tap * width * 4));
        }
        f.emit(from.set(i32.add(from.value, i32.const(strides.out * 4))));
        f.emit(to.set(i32.add(to.value, i32.const(4))));
      });
      f.emit(src.set(i32.add(src.value, i32.const(strides.in * 4))));
      f.emit(dst.set(i32.add(dst.value, i32.const(9 * width * 4))));
    });
  };
  // Full panels without padding are alike; the last one or two are written as they are.
  const ranges = panelRanges(target, paddedOut);
  const isAlike = ({ first, width }: { first: number; width: number }) =>
    width === ranges[0].width && first + width <= outChannels;
  const alike = ranges.filter(isAlike).length;
  if (alike > 0) {
    const { width } = ranges[0];
    f.if(i32.lt(index.value, i32.const(alike)), () =>
      write(width, width, i32.mul(index.value, i32.const(width))),
    );
  }
  for (const [i, range] of ranges.entries()) {
    if (i < alike) continue;
    const lanes = Math.min(range.width, outChannels - range.first);
    f.if(i32.eq(index.value, i32.const(i)), () =>
      write(range.width, lanes, i32.const(range.first)),
    );
  }
}

/** Stage, an item a panel: PyTorch's kernels of 3×3 to `[oc / panel][ic][3 · 3][panel]`. */
export function emitKernelPacking(
  module: ModuleWriter,
  target: Target,
  shape: KernelPackingShape,
): FunctionHandle {
  const key = `kernel packing ${JSON.stringify([target, shape])}`;
  return module.define(key, STAGE, (f, item, args) => {
    const { weight, packed } = loadArguments(f, args, PACKING_ARGS);
    emitPacking(f, target, shape, weight, packed, item);
  });
}

/** Stage, an item a group: PyTorch's kernels of 3×3 to U. */
export function emitKeptKernels(
  module: ModuleWriter,
  target: Target,
  shape: WinogradShape,
  packing: KernelPackingShape,
): BandStage & { readonly groups: number } {
  const groups = groupsOf(shape, target);
  const { paddedIn, inChannels, outChannels, paddedOut } = packing;
  const channelBytes = paddedIn * 36;
  const packedBytes = groups.widest * channelBytes;
  const isPadded = paddedIn > inChannels || paddedOut > outChannels;
  const key = `kept kernels ${JSON.stringify([target, shape, packing])}`;
  const stage = module.define(key, STAGE, (f, item, args, scratch) => {
    const given = argumentLoads(args, PACKING_ARGS);
    const [weight, packed, kernels, index, end] = f.locals('i32', 5);
    const groupBytes = tileElementsOf(shape.algorithm) * kernelPlane(shape, groups.channels);
    const own = i32.mul(item.value, i32.const(groupBytes));
    // Of all panels, the group's own are in scratch memory.
    const before = i32.mul(item.value, i32.const(groups.channels * channelBytes));
    f.emit(weight.set(given.weight), packed.set(i32.sub(scratch.value, before)));
    f.emit(kernels.set(i32.add(given.packed, own)));
    if (isPadded) f.call(emitZeroRow(module, packedBytes / 4), scratch.value);
    f.emit(index.set(i32.mul(item.value, i32.const(shape.groupPanels))));
    f.emit(end.set(i32.add(index.value, i32.const(shape.groupPanels))));
    const last = i32.eq(item.value, i32.const(groups.count - 1));
    f.if(last, () => f.emit(end.set(i32.const(panelRanges(target, paddedOut).length))));
    f.for(index, index.value, end.value, 1, () => {
      emitPacking(f, target, packing, weight, packed, index);
    });
    byWidth(f, groups, item, (n) => {
      const { vertical, horizontal } = axesOf(shape.algorithm);
      const rowBytes = horizontal.products * kernelPlane(shape, n);
      for (let row = 0; row < vertical.products; row++) {
        const to = i32.add(kernels.value, i32.const(row * rowBytes));
        f.call(emitGroupKernels(module, target, shape, n, row), scratch.value, to);
      }
    });
  });
  return { stage, groups: groups.count, scratchBytes: packedBytes };
}
