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
import { axesOf, kernelTaps, phasesOf, phaseTaps, tileElementsOf } from './algorithms.js';
import {
  byWidth,
  groupsOf,
  kernelDepth,
  kernelElementStride,
  type WinogradShape,
} from './shape.js';
import { emitKernelTile } from './transforms.js';

/** `(packed, to)`: a row of tile elements of one group's U, of kernels as `emitKernelPacking` leaves them. */
export function emitGroupKernels(
  module: ModuleWriter,
  target: Target,
  shape: WinogradShape,
  n: number,
  row: number,
): FunctionHandle {
  const { algorithm } = shape;
  const depth = kernelDepth(shape);
  const { full, tail } = panelsOf(target, n);
  const key = `group kernels ${JSON.stringify([target, algorithm, depth, n, row])}`;
  return module.define(key, ['i32', 'i32'], (f, from, to) => {
    const index = f.local('i32');
    const panels = (vectors: number, count: number) => {
      const lanes = 4 * vectors;
      const tiles = kernelTiles(module, target, shape, { n, lanes, row });
      f.repeat(index, count, 1, () => {
        for (const { tile, offset } of tiles) {
          f.call(tile, from.value, i32.add(to.value, i32.const(offset)));
        }
        f.emit(from.set(i32.add(from.value, i32.const(packedBytes(shape) * lanes))));
        f.emit(to.set(i32.add(to.value, i32.const(depth * lanes * 4))));
      });
    };
    panels(target.tile.vectors, full);
    for (const vectors of tail) panels(vectors, 1);
  });
}

/** Bytes of one output channel's kernels as `emitKernelPacking` leaves them. */
export function packedBytes(shape: WinogradShape): number {
  const { algorithm, convGroups, source } = shape;
  return kernelTaps(algorithm) ** 2 * (source.row.channels / convGroups) * 4;
}

/**
 * What makes one panel of a row of tile elements: with phases, there is one for the taps of each. Phases of the input are one
 * below the other along K, those of the output beside each other, each with all panels.
 */
function kernelTiles(
  module: ModuleWriter,
  target: Target,
  shape: WinogradShape,
  { n, lanes, row }: { readonly n: number; readonly lanes: number; readonly row: number },
) {
  const { algorithm } = shape;
  const channels = kernelDepth(shape) / phasesOf(algorithm).inputs ** 2;
  const phaseBytes = channels * (algorithm.phases === 'out' ? n : lanes) * 4;
  const phases = phaseTaps(algorithm);
  return phases.flatMap((rows, down) =>
    phases.map((columns, across) => ({
      tile: emitKernelTile(module, target, {
        algorithm,
        channels,
        lanes,
        rows,
        columns,
        side: kernelTaps(algorithm),
        row,
        elementStride: kernelElementStride(shape, n),
      }),
      offset: (down * phases.length + across) * phaseBytes,
    })),
  );
}

export interface KernelPackingShape {
  /** Floats from one output channel to the next in PyTorch's tensor, from one input channel, and from one group of the convolution. */
  readonly strides: { readonly out: number; readonly in: number; readonly group: number };
  /** Elements of a kernel, and whether they are packed from the last to the first. */
  readonly taps: number;
  readonly isBackwards: boolean;
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
  const { strides, taps, isBackwards, groupOut, inChannels, paddedIn, outChannels, paddedOut } =
    shape;
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
    f.emit(dst.set(i32.add(packed.value, i32.mul(first, i32.const(paddedIn * taps * 4)))));
    f.repeat(ic, inChannels, 1, () => {
      f.emit(from.set(src.value), to.set(dst.value));
      f.repeat(lane, lanes, 1, () => {
        for (let tap = 0; tap < taps; tap++) {
          const place = isBackwards ? taps - 1 - tap : tap;
          f.emit(f32.store(to.value, f32.load(from.value, tap * 4), place * width * 4));
        }
        f.emit(from.set(i32.add(from.value, i32.const(strides.out * 4))));
        f.emit(to.set(i32.add(to.value, i32.const(4))));
      });
      f.emit(src.set(i32.add(src.value, i32.const(strides.in * 4))));
      f.emit(dst.set(i32.add(dst.value, i32.const(taps * width * 4))));
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

/** Stage, one work item per panel: PyTorch's kernels to `[oc / panel][ic][taps][panel]`. */
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

/** Stage, one work item per group: PyTorch's kernels to U. */
export function emitKeptKernels(
  module: ModuleWriter,
  target: Target,
  shape: WinogradShape,
  packing: KernelPackingShape,
): BandStage & { readonly groups: number } {
  const groups = groupsOf(shape, target);
  const { paddedIn, inChannels, outChannels, paddedOut } = packing;
  const channelBytes = packedBytes(shape);
  const groupBytes = groups.widest * channelBytes;
  const isPadded = paddedIn > inChannels || paddedOut > outChannels;
  const key = `kept kernels ${JSON.stringify([target, shape, packing])}`;
  const stage = module.define(key, STAGE, (f, item, args, scratch) => {
    const given = argumentLoads(args, PACKING_ARGS);
    const [weight, packed, kernels, index, end] = f.locals('i32', 5);
    const bytes = tileElementsOf(shape.algorithm) * kernelElementStride(shape, groups.channels);
    const own = i32.mul(item.value, i32.const(bytes));
    // Of all panels, the group's own are in scratch memory.
    const before = i32.mul(item.value, i32.const(groups.channels * channelBytes));
    f.emit(weight.set(given.weight), packed.set(i32.sub(scratch.value, before)));
    f.emit(kernels.set(i32.add(given.packed, own)));
    if (isPadded) f.call(emitZeroRow(module, groupBytes / 4), scratch.value);
    f.emit(index.set(i32.mul(item.value, i32.const(shape.groupPanels))));
    f.emit(end.set(i32.add(index.value, i32.const(shape.groupPanels))));
    const last = i32.eq(item.value, i32.const(groups.count - 1));
    f.if(last, () => f.emit(end.set(i32.const(panelRanges(target, paddedOut).length))));
    f.for(index, index.value, end.value, 1, () => {
      emitPacking(f, target, packing, weight, packed, index);
    });
    byWidth(f, groups, item, (n) => {
      const { vertical, horizontal } = axesOf(shape.algorithm);
      const rowBytes = horizontal.products * kernelElementStride(shape, n);
      for (let row = 0; row < vertical.products; row++) {
        const to = i32.add(kernels.value, i32.const(row * rowBytes));
        f.call(emitGroupKernels(module, target, shape, n, row), scratch.value, to);
      }
    });
  });
  return { stage, groups: groups.count, scratchBytes: groupBytes };
}
