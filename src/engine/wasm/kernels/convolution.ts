import { type Code, i32, v128 } from '../emit/code.js';
import type { FunctionHandle, FunctionWriter, Local, ModuleWriter } from '../emit/module.js';
import { FILTERINGS, type FilteringName } from './filtering.js';
import { defineRowSums, partialBytes } from './norm.js';
import { defineShiftAdd } from './planar.js';
import { defineProduct, type ProductShape } from './product.js';
import { defineRow, defineZeroRow, type RowShape, rowPixels, sourceRowBytes } from './rows.js';
import type { Target } from './target.js';
import { defineInputTile, defineOutputTile, planesOf } from './winograd.js';

/**
 * How a convolution's stage gets its input: rows of the value that feeds it, made ready by a row kernel
 * in the thread's own scratch memory. Rows count from the first one of the reflected value; those
 * outside `0 … reflectedRows − 1` are zeros.
 */
export interface SourceShape {
  readonly row: RowShape;
  /** Rows of the value itself, and how many are mirrored above it. */
  readonly height: number;
  readonly reflectTop: number;
  readonly reflectedRows: number;
}

/** One phase of a convolution: see `tensor/lattice.ts`. All counts are those of the output. */
export interface Phase {
  readonly rows: PhaseAxis;
  readonly cols: PhaseAxis;
  /** Where the phase's packed weights begin, in bytes from the stage's. */
  readonly weightOffset: number;
}

export interface PhaseAxis {
  readonly count: number;
  readonly outStart: number;
  readonly outStep: number;
  /** Taps stand `tapStep` input positions apart, the first at `first` for output 0. */
  readonly taps: number;
  readonly first: number;
  readonly tapStep: number;
}

export interface OutputShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Whether the stage leaves partial sums for a norm. */
  readonly sums: boolean;
}

/** Pointers in a convolution stage's arguments, in this order. */
export const CONV_ARGS = [
  'src',
  'norm',
  'residual',
  'keep',
  'weights',
  'bias',
  'out',
  'partials',
] as const;

type Pointers = Readonly<Record<(typeof CONV_ARGS)[number], Local>>;

export interface ConvStage {
  readonly stage: FunctionHandle;
  readonly items: number;
  /** Bytes of scratch memory that a thread needs. */
  readonly scratchBytes: number;
}

const STAGE = ['i32', 'i32', 'i32'] as const;

function loadPointers(f: FunctionWriter, args: Local): Pointers {
  const entries = CONV_ARGS.map((name, i) => {
    const pointer = f.local('i32');
    f.emit(pointer.set(i32.load(args.value, 4 * i)));
    return [name, pointer] as const;
  });
  return Object.fromEntries(entries) as Record<(typeof CONV_ARGS)[number], Local>;
}

/** Writes the code that makes `count` input rows, from row `first` on, ready in scratch memory. */
class RowLoader {
  readonly pitch: number;
  readonly #make: FunctionHandle;
  readonly #makeAndKeep: FunctionHandle;
  readonly #zero: FunctionHandle;
  readonly #source: SourceShape;

  constructor(module: ModuleWriter, target: Target, source: SourceShape) {
    const { row } = source;
    this.pitch = rowPixels(row) * row.channels * 4;
    this.#source = source;
    this.#makeAndKeep = defineRow(module, target, row);
    this.#make = defineRow(module, target, { ...row, keep: false });
    this.#zero = defineZeroRow(module, rowPixels(row) * row.channels);
  }

  /** Rows `ownedFrom … ownedTo − 1` are this item's own to keep, where the source is kept. */
  load(
    f: FunctionWriter,
    p: Pointers,
    to: Code,
    first: Code,
    count: Code,
    ownedFrom: Code,
    ownedTo: Code,
  ): void {
    const { row, height, reflectTop, reflectedRows } = this.#source;
    const [i, y, dst, offset] = f.locals('i32', 4);
    const rowBytes = sourceRowBytes(row);
    f.emit(dst.set(to));
    f.for(i, i32.const(0), count, 1, () => {
      f.emit(y.set(i32.add(first, i.value)));
      const outside = i32.or(
        i32.lt(y.value, i32.const(0)),
        i32.ge(y.value, i32.const(reflectedRows)),
      );
      f.if(
        outside,
        () => f.call(this.#zero, dst.value),
        () => {
          f.emit(y.set(i32.sub(y.value, i32.const(reflectTop))));
          const owned = i32.and(i32.ge(y.value, ownedFrom), i32.lt(y.value, ownedTo));
          const mirrored = f.local('i32');
          f.emit(mirrored.set(y.value));
          f.if(i32.lt(y.value, i32.const(0)), () =>
            f.emit(mirrored.set(i32.sub(i32.const(0), y.value))),
          );
          f.if(i32.ge(y.value, i32.const(height)), () =>
            f.emit(mirrored.set(i32.sub(i32.const(2 * (height - 1)), y.value))),
          );
          f.emit(offset.set(i32.mul(mirrored.value, i32.const(rowBytes))));
          const at = (pointer: Local) => i32.add(pointer.value, offset.value);
          const call = (make: FunctionHandle) =>
            f.call(make, at(p.src), dst.value, p.norm.value, at(p.residual), at(p.keep));
          if (row.keep) {
            f.if(
              owned,
              () => call(this.#makeAndKeep),
              () => call(this.#make),
            );
          } else {
            call(this.#make);
          }
        },
      );
      f.emit(dst.set(i32.add(dst.value, i32.const(this.pitch))));
    });
  }
}

/** Writes the code that sums up finished output rows. */
class RowSummer {
  readonly #sums: FunctionHandle;
  readonly #out: OutputShape;

  constructor(module: ModuleWriter, out: OutputShape) {
    this.#out = out;
    this.#sums = defineRowSums(module, { width: out.width, channels: out.channels });
  }

  /** Clears the item's partial sums; gives where they are. */
  begin(f: FunctionWriter, p: Pointers, item: Local): Local {
    const bytes = partialBytes(this.#out.channels);
    const [partial, i, at] = f.locals('i32', 3);
    f.emit(partial.set(i32.add(p.partials.value, i32.mul(item.value, i32.const(bytes)))));
    f.emit(at.set(partial.value));
    f.repeat(i, bytes, 16, () => {
      f.emit(v128.store(at.value, v128.zero), at.set(i32.add(at.value, i32.const(16))));
    });
    return partial;
  }

  /** Adds output rows `from … to − 1`, of which those beyond the picture do not count. */
  add(f: FunctionWriter, p: Pointers, partial: Local, from: Code, to: Code): void {
    const { height, width, channels } = this.#out;
    const y = f.local('i32');
    f.for(y, from, i32.min(to, i32.const(height)), 1, () => {
      const offset = i32.mul(y.value, i32.const(width * channels * 4));
      f.call(this.#sums, i32.add(p.out.value, offset), partial.value);
    });
  }
}

export interface DirectShape {
  readonly source: SourceShape;
  readonly inStep: readonly [vertical: number, horizontal: number];
  readonly phases: readonly Phase[];
  readonly out: OutputShape;
  /** Lattice rows an item. */
  readonly rowsPerItem: number;
}

/**
 * Stage: any convolution, direct or transposed, as implicit matrix products over the rows in scratch
 * memory, phase by phase. `weights` are packed as `product.ts` says, with K = (tap row, tap column, ic).
 */
export function defineDirect(module: ModuleWriter, target: Target, shape: DirectShape): ConvStage {
  const { source, inStep, phases, out, rowsPerItem } = shape;
  const loader = new RowLoader(module, target, source);
  const latticeRows = Math.max(...phases.map(({ rows }) => rows.count));
  const items = Math.ceil(latticeRows / rowsPerItem);
  const firstRow = Math.min(...phases.map(({ rows }) => rows.first));
  const reach = Math.max(...phases.map(({ rows }) => lastTap(rows))) - firstRow;
  const firstCol = -source.row.zeros[0];
  const channels = source.row.channels;
  const key = `direct ${JSON.stringify([target, shape])}`;
  const stage = module.define(key, STAGE, (f, item, args, scratch) => {
    const p = loadPointers(f, args);
    const [start, end, r] = f.locals('i32', 3);
    f.emit(start.set(i32.mul(item.value, i32.const(rowsPerItem))));
    const next = i32.add(start.value, i32.const(rowsPerItem));
    f.emit(end.set(i32.min(next, i32.const(latticeRows))));
    const firstInput = i32.add(i32.mul(start.value, i32.const(inStep[0])), i32.const(firstRow));
    const rows = i32.sub(i32.sub(end.value, start.value), i32.const(1));
    const count = i32.add(i32.mul(rows, i32.const(inStep[0])), i32.const(reach + 1));
    loader.load(f, p, scratch.value, firstInput, count, start.value, end.value);
    const summer = out.sums ? new RowSummer(module, out) : null;
    const partial = summer?.begin(f, p, item);
    const outStep = phases[0].rows.outStep;
    f.for(r, start.value, end.value, 1, () => {
      for (const { rows: v, cols: h, weightOffset } of phases) {
        const product = defineProduct(module, target, {
          n: out.channels,
          ...depthRuns(v, h, channels, loader.pitch),
          aStride: inStep[1] * channels * 4,
          cStride: h.outStep * out.channels * 4,
          bias: true,
        });
        const inRow = i32.mul(i32.sub(r.value, start.value), i32.const(inStep[0] * loader.pitch));
        const inOffset = (v.first - firstRow) * loader.pitch + (h.first - firstCol) * channels * 4;
        const outRow = i32.mul(r.value, i32.const(v.outStep * out.width * out.channels * 4));
        const outOffset = (v.outStart * out.width + h.outStart) * out.channels * 4;
        const call = () =>
          f.call(
            product,
            i32.add(i32.add(scratch.value, inRow), i32.const(inOffset)),
            i32.add(p.weights.value, i32.const(weightOffset)),
            i32.add(i32.add(p.out.value, outRow), i32.const(outOffset)),
            p.bias.value,
            i32.const(h.count),
          );
        if (v.count === latticeRows) call();
        else f.if(i32.lt(r.value, i32.const(v.count)), call);
      }
      if (summer !== null && partial !== undefined) {
        const from = i32.mul(r.value, i32.const(outStep));
        summer.add(f, p, partial, from, i32.add(from, i32.const(outStep)));
      }
    });
  });
  const rowsInScratch = (rowsPerItem - 1) * inStep[0] + reach + 1;
  return { stage, items, scratchBytes: rowsInScratch * loader.pitch + 16 };
}

function lastTap({ first, taps, tapStep }: PhaseAxis): number {
  return first + Math.max(0, taps - 1) * tapStep;
}

/** Neighbouring kernel columns are one run of memory, unless they are dilated. */
function depthRuns(
  v: PhaseAxis,
  h: PhaseAxis,
  channels: number,
  pitch: number,
): Pick<ProductShape, 'run' | 'middle' | 'middleStride' | 'outer' | 'outerStride'> {
  const joined = h.tapStep === 1;
  return {
    run: joined ? h.taps * channels : channels,
    middle: joined ? 1 : h.taps,
    middleStride: h.tapStep * channels * 4,
    outer: v.taps,
    outerStride: v.tapStep * pitch,
  };
}

export interface NarrowShape {
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
export function narrowWidth(kernelWidth: number, outChannels: number): number {
  return Math.ceil(((kernelWidth - 1) * outChannels + 4) / 4) * 4;
}

/**
 * Stage: a convolution with so few output channels that vectors along them would be half empty. Each
 * padded input pixel meets all kernel columns at once, N = (kx, oc), and a shifted sum over the kernel
 * columns finishes the row. K = (tap row, ic).
 */
export function defineNarrow(module: ModuleWriter, target: Target, shape: NarrowShape): ConvStage {
  const { source, rows, inStep, kernelWidth, outChannels, out, rowsPerItem } = shape;
  const loader = new RowLoader(module, target, source);
  const items = Math.ceil(out.height / rowsPerItem);
  const reach = lastTap(rows) - rows.first;
  const pixels = rowPixels(source.row);
  const n = narrowWidth(kernelWidth, outChannels);
  const rowsInScratch = (rowsPerItem - 1) * inStep + reach + 1;
  const partsAt = rowsInScratch * loader.pitch;
  const key = `narrow ${JSON.stringify([target, shape])}`;
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
    const product = defineProduct(module, target, {
      n,
      run: source.row.channels,
      middle: 1,
      middleStride: 0,
      outer: rows.taps,
      outerStride: rows.tapStep * loader.pitch,
      aStride: source.row.channels * 4,
      cStride: n * 4,
      bias: false,
    });
    const shift = defineShiftAdd(module, {
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

export interface WinogradShape {
  readonly filtering: FilteringName;
  readonly source: SourceShape;
  /** The first input row and column that output 0 reads. */
  readonly first: readonly [row: number, column: number];
  readonly out: OutputShape;
  /** Rows of tiles an item. */
  readonly tileRowsPerItem: number;
  /** Bytes from one plane of the transformed weights to the next. */
  readonly weightPlane: number;
}

/** Planes whose starts differ modulo 4 KiB do not fight for the same lines of the L1 cache. */
export function planeStride(bytes: number): number {
  return Math.ceil(bytes / 4096) * 4096 + 192;
}

/**
 * Stage: a convolution of 3×3 taps by minimal filtering (`filtering.ts`), some rows of tiles an item:
 * rows → V `[ξ][tile][ic]` → M `[ξ][tile][oc]` = V · U, plane by plane → output rows.
 */
export function defineWinograd(
  module: ModuleWriter,
  target: Target,
  shape: WinogradShape,
): ConvStage {
  const { filtering, source, first, out, tileRowsPerItem, weightPlane } = shape;
  const { inputs, outputs, inStep } = FILTERINGS[filtering];
  const planes = planesOf(filtering);
  const loader = new RowLoader(module, target, source);
  const tilesAcross = Math.ceil(out.width / outputs);
  const tilesDown = Math.ceil(out.height / outputs);
  const items = Math.ceil(tilesDown / tileRowsPerItem);
  const inChannels = source.row.channels;
  // The product does whole blocks of rows: to work out a few that nobody reads is cheaper than lower blocks.
  const block = target.tile.rows;
  const tiles = Math.ceil((tileRowsPerItem * tilesAcross) / block) * block;
  const inPlane = planeStride(tiles * inChannels * 4);
  const outPlane = planeStride(tiles * out.channels * 4);
  const outPitch = out.width * out.channels * 4;
  const rowsBytes = ((tileRowsPerItem - 1) * inStep + inputs) * loader.pitch;
  const inAt = Math.ceil(rowsBytes / 64) * 64;
  const outAt = inAt + planes * inPlane;
  const key = `winograd ${JSON.stringify([target, shape])}`;
  const stage = module.define(key, STAGE, (f, item, args, scratch) => {
    const p = loadPointers(f, args);
    const [startTile, endTile, start, end, ty, tx, plane, at, to] = f.locals('i32', 9);
    const inputTile = defineInputTile(module, target, {
      filtering,
      channels: inChannels,
      rowStride: loader.pitch,
      planeStride: inPlane,
    });
    const outputTile = defineOutputTile(module, target, {
      filtering,
      channels: out.channels,
      planeStride: outPlane,
      rowStride: outPitch,
    });
    const product = defineProduct(module, target, {
      n: out.channels,
      run: inChannels,
      middle: 1,
      middleStride: 0,
      outer: 1,
      outerStride: 0,
      aStride: inChannels * 4,
      cStride: out.channels * 4,
      bias: false,
    });
    f.emit(startTile.set(i32.mul(item.value, i32.const(tileRowsPerItem))));
    const next = i32.add(startTile.value, i32.const(tileRowsPerItem));
    f.emit(endTile.set(i32.min(next, i32.const(tilesDown))));
    f.emit(start.set(i32.mul(startTile.value, i32.const(outputs))));
    f.emit(end.set(i32.mul(endTile.value, i32.const(outputs))));
    const firstInput = i32.add(i32.mul(startTile.value, i32.const(inStep)), i32.const(first[0]));
    const tileRows = i32.sub(endTile.value, startTile.value);
    const count = i32.add(i32.mul(tileRows, i32.const(inStep)), i32.const(inputs - inStep));
    loader.load(f, p, scratch.value, firstInput, count, start.value, end.value);

    const column = (first[1] + source.row.zeros[0]) * inChannels * 4;
    f.emit(to.set(i32.add(scratch.value, i32.const(inAt))));
    f.for(ty, startTile.value, endTile.value, 1, () => {
      const row = i32.mul(i32.sub(ty.value, startTile.value), i32.const(inStep * loader.pitch));
      f.emit(at.set(i32.add(i32.add(scratch.value, row), i32.const(column))));
      f.repeat(tx, tilesAcross, 1, () => {
        f.call(inputTile, at.value, to.value);
        f.emit(at.set(i32.add(at.value, i32.const(inStep * inChannels * 4))));
        f.emit(to.set(i32.add(to.value, i32.const(inChannels * 4))));
      });
    });

    const tilesHere = i32.add(i32.mul(tileRows, i32.const(tilesAcross)), i32.const(block - 1));
    const wholeBlocks = i32.mul(i32.div(tilesHere, i32.const(block)), i32.const(block));
    f.repeat(plane, planes, 1, () => {
      const area = (base: number, stride: number) =>
        i32.add(i32.add(scratch.value, i32.const(base)), i32.mul(plane.value, i32.const(stride)));
      const weights = i32.add(p.weights.value, i32.mul(plane.value, i32.const(weightPlane)));
      f.call(
        product,
        area(inAt, inPlane),
        weights,
        area(outAt, outPlane),
        i32.const(0),
        wholeBlocks,
      );
    });

    f.emit(at.set(i32.add(scratch.value, i32.const(outAt))));
    f.for(ty, startTile.value, endTile.value, 1, () => {
      const row = i32.mul(ty.value, i32.const(outputs * outPitch));
      f.emit(to.set(i32.add(p.out.value, row)));
      const rows = i32.sub(i32.const(out.height), i32.mul(ty.value, i32.const(outputs)));
      f.repeat(tx, tilesAcross, 1, () => {
        const columns = i32.sub(i32.const(out.width), i32.mul(tx.value, i32.const(outputs)));
        f.call(outputTile, at.value, to.value, p.bias.value, rows, columns);
        f.emit(at.set(i32.add(at.value, i32.const(out.channels * 4))));
        f.emit(to.set(i32.add(to.value, i32.const(outputs * out.channels * 4))));
      });
    });
    if (out.sums) {
      const summer = new RowSummer(module, out);
      summer.add(f, p, summer.begin(f, p, item), start.value, end.value);
    }
  });
  return { stage, items, scratchBytes: outAt + planes * outPlane };
}
