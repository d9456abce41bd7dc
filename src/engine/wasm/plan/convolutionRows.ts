import type { FunctionHandle, ModuleWriter } from '../../../emit/module.js';
import type { PhaseAxis } from '../kernels/direct.js';
import { MOST_FILTERED } from '../kernels/range.js';
import type { RowShape } from '../kernels/rows.js';
import type { OutputShape, SourceShape } from '../kernels/stage.js';
import type { Target } from '../kernels/target.js';
import type { Buffer } from './memory.js';
import { type ConvStagePlan, margins } from './planner.js';
import type { PlannedValue } from './value.js';

/** Most rows an item of a convolution that goes by rows. */
const MOST_ITEM_ROWS = 16;

/** A convolution as steps of the program, and what they need. */
export interface PlannedConvolution {
  readonly steps: readonly {
    readonly stage: FunctionHandle;
    readonly items: number;
    readonly firstTileRow: number;
  }[];
  readonly scratchBytes: number;
  /** How many partial sums the steps leave. */
  readonly sums: number;
  readonly weights: Buffer;
  /** How the weights get there: written beforehand, or packed by machine code. */
  readonly fill: ((memory: ArrayBufferLike) => void) | null;
  readonly packing: { readonly stage: FunctionHandle; readonly items: number } | null;
  /** Memory that the steps share. */
  readonly tiles: Buffer | null;
}

/** What plans depend on besides the network. */
export interface Machine {
  readonly threads: number;
  /** Bytes of a core's L2 cache. */
  readonly cache: number;
}

export interface Context extends Machine {
  readonly module: ModuleWriter;
  readonly target: Target;
}

/** What all kinds have in common: one step, weights written beforehand. */
export function oneStep(
  { stage, items, scratchBytes }: { stage: FunctionHandle; items: number; scratchBytes: number },
  weights: Buffer,
  fill: (memory: ArrayBufferLike) => void,
  sums = items,
): PlannedConvolution {
  const steps = [{ stage, items, firstTileRow: 0 }];
  return { steps, scratchBytes, sums, weights, fill, packing: null, tiles: null };
}

export function outputShape({ result, partials, planar }: ConvStagePlan): OutputShape {
  const { height, width, channels, planes } = result;
  const sums = partials !== null;
  return { height, width, channels, sums, planes: planar === null ? null : planes };
}

/** Methods that multiply all that they read, and take any number. */
const BY_THE_BOOK: readonly ConvStagePlan['method'][] = ['direct', 'narrow', 'grouped'];

/** Where kernels find their input; `shape` makes so many zeros at the right. */
export function sourceOf({ source, cols, keep, method }: ConvStagePlan) {
  const [left, right, top, bottom] = source.reflect;
  const width = left + source.width + right;
  const [zerosLeft, zerosRight] = margins(cols, width);
  const isFiltered = !BY_THE_BOOK.includes(method);
  const shape = (zeros: number): SourceShape => ({
    row: rowShape(source, [zerosLeft, zeros], keep !== null),
    height: source.height,
    reflectTop: top,
    reflectedRows: source.height + top + bottom,
    checked: isFiltered && !(source.bound <= MOST_FILTERED),
  });
  const pitch = (zerosLeft + width + zerosRight) * source.channels * 4;
  return { shape, width, zerosRight, pitch };
}

/** A value's rows as row kernels see them. */
export function rowShape(
  value: PlannedValue,
  zeros: readonly [number, number],
  keep: boolean,
): RowShape {
  return {
    width: value.width,
    channels: value.channels,
    planar: value.readPlanar
      ? { planes: value.planes, planeStride: value.height * value.width * 4 }
      : null,
    norm: value.norm !== null,
    activation: value.activation,
    residual: value.residual !== null,
    keep,
    reflect: [value.reflect[0], value.reflect[1]],
    zeros,
  };
}

export function phaseAxis(lattice: ConvStagePlan['rows'][number]): PhaseAxis {
  const offsets = lattice.taps.map(({ offset }) => offset).sort((a, b) => a - b);
  return {
    count: lattice.count,
    outStart: lattice.outStart,
    outStep: lattice.outStep,
    taps: offsets.length,
    first: offsets[0] ?? 0,
    tapStep: offsets.length > 1 ? offsets[1] - offsets[0] : 1,
  };
}

/** Input rows that one output row of the lattice spans beyond its first. */
export function reachOf(axes: readonly PhaseAxis[]): number {
  const first = Math.min(...axes.map((axis) => axis.first));
  const last = Math.max(
    ...axes.map((axis) => axis.first + Math.max(0, axis.taps - 1) * axis.tapStep),
  );
  return last - first;
}

/** As many rows an item as scratch memory allows, but enough items for many threads. */
export function rowsThatFit(
  bytes: number,
  pitch: number,
  inStep: number,
  reach: number,
  rows: number,
): number {
  const fitting = Math.floor((bytes / pitch - reach - 1) / inStep) + 1;
  return Math.max(1, Math.min(fitting, MOST_ITEM_ROWS, Math.ceil(rows / 8)));
}
