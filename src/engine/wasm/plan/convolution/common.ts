import type { FunctionHandle, ModuleWriter } from '../../../../emit/module.js';
import { type AxisPhase, phaseMargin } from '../../../../tensor/axisPhase.js';
import type { Tensor } from '../../../../tensor/tensor.js';
import type { Buffer } from '../../../shared/arena.js';
import type { PhaseAxis } from '../../kernels/gemm/implicitGemm.js';
import { MAX_WINOGRAD_INPUT } from '../../kernels/rows/range.js';
import type { RowShape } from '../../kernels/rows/rows.js';
import type { OutputShape, SourceShape } from '../../kernels/rows/stage.js';
import type { Target } from '../../kernels/target.js';
import type { WritableMemory } from '../../writableMemory.js';
import type { PlannedStep, RowUnit } from '../rowUnits.js';
import { paddedChannels, type Source } from '../source.js';
import type { ConvolutionStage } from '../stages.js';

/** Most rows per work item of a convolution that goes by rows. */
const MAX_ITEM_ROWS = 16;

/** To make the input rows anew that a work item shares with the one before takes as long as to transform so many rows of tiles. */
export const SHARED_INPUT = 0.2;

/** Writes what kernels multiply into memory, from a layer's weights. */
export type WeightWriter = (memory: WritableMemory, weight: Tensor) => void;

/** Machine code that packs weights. */
export interface Packing {
  readonly stage: FunctionHandle;
  readonly items: number;
  /** Whether it writes all that the convolution reads; if not, the rest has to be zero. */
  readonly isComplete: boolean;
  /** The same in parts, of which each packs the elements that follow those of the one before; absent for weights that are small. */
  readonly parts?: readonly PackingPart[];
}

/** Weights that are read from a file wait in memory until they are packed: no more than so many bytes at a time. */
export const MAX_PART_BYTES = 2 ** 23;

export interface PackingPart {
  readonly stage: FunctionHandle;
  readonly items: number;
  /** Elements of the weight. */
  readonly size: number;
  /** Where what it packs goes, in bytes from the first. */
  readonly offset: number;
}

/** A convolution as steps of the program, and what they need. */
export interface PlannedConvolution {
  readonly steps: readonly PlannedStep[];
  /** The steps, cut as finely as they can be, if rows can be made in their order; `null` if not. */
  readonly units: readonly RowUnit[] | null;
  readonly scratchBytes: number;
  /** How many partial sums the steps leave. */
  readonly sums: number;
  readonly weights: Buffer;
  /** How the weights get there: written by this, or packed by machine code. */
  readonly fill: WeightWriter | null;
  readonly packing: Packing | null;
  /** Set when machine code can do what `fill` does, where runs pack weights. */
  readonly runPacking?: Packing;
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

/** What most kinds have in common: one step, weights written by the calling thread. */
export function oneStep(
  { stage, items, scratchBytes }: { stage: FunctionHandle; items: number; scratchBytes: number },
  weights: Buffer,
  fill: WeightWriter,
  units: (whole: PlannedStep) => readonly RowUnit[] | null = () => null,
): PlannedConvolution {
  const whole = { stage, firstItem: 0, items, firstTileRow: 0 };
  const common = { scratchBytes, sums: items, weights, fill, packing: null, tiles: null };
  return { steps: [whole], units: units(whole), ...common };
}

/** Units of one item each, of `rowsPerItem` rows of each phase. */
export function unitsByRows(
  { step }: ConvolutionStage,
  rowsPerItem: number,
): (whole: PlannedStep) => RowUnit[] {
  const [inStep] = step.inStep;
  const phases = step.rows.map(phaseAxis);
  const first = Math.min(...phases.map((phase) => phase.first));
  const reach = reachOf(phases);
  const rows = Math.max(...phases.map(({ count }) => count));
  const { outStep } = phases[0];
  return (whole) =>
    unitsByItem(whole, (item) => {
      const start = item * rowsPerItem;
      const end = Math.min(start + rowsPerItem, rows);
      const to = Math.min(end * outStep, step.to.height);
      return {
        reads: { from: start * inStep + first, to: (end - 1) * inStep + first + reach + 1 },
        writes: { from: start * outStep, to },
      };
    });
}

/** Each item of a step by itself. */
export function unitsByItem(
  whole: PlannedStep,
  rowsOf: (item: number) => Pick<RowUnit, 'reads' | 'writes'>,
): RowUnit[] {
  return Array.from({ length: whole.items }, (_, item) => ({
    steps: [{ ...whole, firstItem: item, items: 1 }],
    ...rowsOf(item),
  }));
}

export function outputShape(stage: ConvolutionStage): OutputShape {
  const { step, partials, planar, planeRows } = stage;
  const { height, width, channels } = step.to;
  const planes = planar === null ? null : channels;
  const sums = partials !== null;
  return { height, width, channels: paddedChannels(channels), sums, planes, planeRows };
}

/** Where kernels find their input; `shape` makes so many zeros at the right. */
export function sourceOf({ source, step, keep, method }: ConvolutionStage) {
  const { left, right, top, bottom } = source.border;
  const width = left + source.width + right;
  const [zerosLeft, zerosRight] = margins(step.cols, width);
  const shape = (zeros: number): SourceShape => ({
    row: rowShape(source, [zerosLeft, zeros], keep !== null),
    height: source.height,
    top,
    bottom,
    checked: method.isWinograd && !(source.bound <= MAX_WINOGRAD_INPUT),
    ring: source.ring,
  });
  const pitch = (zerosLeft + width + zerosRight) * source.channels * 4;
  return { shape, width, zerosRight, pitch };
}

/** A value's rows as row kernels see them. */
export function rowShape(value: Source, zeros: readonly [number, number], keep: boolean): RowShape {
  const { mode, left, right } = value.border;
  const planeStride = (value.ring ?? value.height) * value.width * 4;
  return {
    width: value.width,
    channels: value.channels,
    planar: value.isPlanar ? { planes: value.planes, planeStride } : null,
    operations: value.operations,
    keep,
    border: { mode, left, right },
    zeros,
    ...(value.parts && {
      parts: value.parts.map(({ channels, operations }) => ({ channels, operations })),
    }),
  };
}

export function phaseAxis(phase: AxisPhase): PhaseAxis {
  const offsets = phase.taps.map(({ offset }) => offset).sort((a, b) => a - b);
  return {
    count: phase.count,
    outStart: phase.outStart,
    outStep: phase.outStep,
    taps: offsets.length,
    first: offsets[0] ?? 0,
    tapStep: offsets.length > 1 ? offsets[1] - offsets[0] : 1,
  };
}

/** Input rows that one output row of the phase spans beyond its first. */
export function reachOf(axes: readonly PhaseAxis[]): number {
  const first = Math.min(...axes.map((axis) => axis.first));
  const last = Math.max(
    ...axes.map((axis) => axis.first + Math.max(0, axis.taps - 1) * axis.tapStep),
  );
  return last - first;
}

/** As many rows per work item as scratch memory allows, but enough items for many threads. */
export function rowsThatFit(
  bytes: number,
  pitch: number,
  inStep: number,
  reach: number,
  rows: number,
): number {
  const fitting = Math.floor((bytes / pitch - reach - 1) / inStep) + 1;
  return Math.max(1, Math.min(fitting, MAX_ITEM_ROWS, Math.ceil(rows / 8)));
}

/** Zeros that a convolution's phases read around an axis of `size`, before and after. */
function margins(phases: readonly AxisPhase[], size: number): [before: number, after: number] {
  const all = phases.map((phase) => phaseMargin(phase, size));
  return [
    Math.max(0, ...all.map(({ before }) => before)),
    Math.max(0, ...all.map(({ after }) => after)),
  ];
}
