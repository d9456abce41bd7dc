import { type Code, i32 } from '../../../../emit/code.js';
import type { FunctionWriter, Local, ModuleWriter } from '../../../../emit/module.js';
import { RowExporter } from '../rows/planar.js';
import {
  type ConvStage,
  loadPointers,
  type OutputShape,
  type Pointers,
  RowLoader,
  RowSummer,
  type SourceShape,
} from '../rows/stage.js';
import { STAGE } from '../stageArguments.js';
import type { Target } from '../target.js';
import { emitMicroKernel } from './microKernel.js';
import type { ProductShape } from './productShape.js';

/** One phase of a convolution: see `tensor/axisPhase.ts`. All counts are those of the output. */
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

/** The last input position that output 0 reads. */
export function lastTap({ first, taps, tapStep }: PhaseAxis): number {
  return first + Math.max(0, taps - 1) * tapStep;
}

export interface DirectShape {
  readonly source: SourceShape;
  readonly inStep: readonly [vertical: number, horizontal: number];
  readonly phases: readonly Phase[];
  readonly out: OutputShape;
  /** Phase rows per work item. */
  readonly rowsPerItem: number;
}

/** Input rows in scratch memory, however they get there. */
export interface InputRows {
  /** Bytes of a row. */
  readonly pitch: number;
  /** Floats of a pixel. */
  readonly channels: number;
  load: RowLoader['load'];
}

/** Addresses of one output row of a phase. */
export interface RowPlaces {
  /** What the first tap of output 0 reads. */
  readonly input: Code;
  readonly weights: Code;
  readonly out: Code;
  readonly bias: Code;
  /** Scratch memory behind the input rows. */
  readonly spare: Code;
}

/** Writes the code that works out one output row of a phase from input rows. */
export type EmitRow = (f: FunctionWriter, phase: Phase, places: RowPlaces) => void;

/** Stage: any convolution, direct or transposed, as implicit matrix products. `weights` are packed as `microKernel.ts` says, with K = (tap row, tap column, ic). */
export function emitImplicitGemm(
  module: ModuleWriter,
  target: Target,
  shape: DirectShape,
): ConvStage {
  const { source, inStep, out } = shape;
  const input = new RowLoader(module, target, source);
  const { channels } = input;
  return emitByRows(module, shape, {
    key: `direct ${JSON.stringify([target, shape])}`,
    input,
    spareBytes: 0,
    emitRow: (f, { rows: v, cols: h }, { input: from, weights, out: to, bias }) => {
      const product = emitMicroKernel(module, target, {
        n: out.channels,
        ...depthRuns(v, h, channels, input.pitch),
        aStride: inStep[1] * channels * 4,
        cStride: h.outStep * out.channels * 4,
        start: 'bias',
        fetchesAhead: false,
        goesBeyond: false,
      });
      f.call(product, from, weights, to, bias, i32.const(h.count));
    },
  });
}

/** What is a convolution's own where it goes row by row. */
export interface ByRows {
  readonly key: string;
  readonly input: InputRows;
  readonly emitRow: EmitRow;
  /** Scratch memory that `emitRow` needs, in bytes. */
  readonly spareBytes: number;
}

/** Which rows are read, and where rows are in scratch memory: input rows, spare bytes, finished output rows. */
interface RowsLayout {
  /** Rows of the phase that has most. */
  readonly phaseRows: number;
  /** The first input row that output row 0 reads; and how many behind it the last one is. */
  readonly firstRow: number;
  readonly reach: number;
  readonly inputBytes: number;
  readonly outStep: number;
  /** Bytes of an output row. */
  readonly outPitch: number;
  /** Where finished rows are made, if they are to be turned over. */
  readonly rowsAt: number;
}

function layOutRows({ inStep, phases, out, rowsPerItem }: DirectShape, how: ByRows): RowsLayout {
  const firstRow = Math.min(...phases.map(({ rows }) => rows.first));
  const reach = Math.max(...phases.map(({ rows }) => lastTap(rows))) - firstRow;
  const inputBytes = ((rowsPerItem - 1) * inStep[0] + reach + 1) * how.input.pitch;
  return {
    phaseRows: Math.max(...phases.map(({ rows }) => rows.count)),
    firstRow,
    reach,
    inputBytes,
    outStep: phases[0].rows.outStep,
    outPitch: out.width * out.channels * 4,
    rowsAt: inputBytes + how.spareBytes,
  };
}

/**
 * Stage: a convolution row by row, and phase by phase, over the rows in scratch memory. An item is `rowsPerItem` rows of
 * each phase, so all phases read the same input rows.
 */
export function emitByRows(module: ModuleWriter, shape: DirectShape, how: ByRows): ConvStage {
  const { inStep, phases, out, rowsPerItem } = shape;
  const layout = layOutRows(shape, how);
  const { phaseRows, firstRow, reach, outStep, outPitch, rowsAt } = layout;
  const exporter = out.planes === null ? null : new RowExporter(module, out, out.planes);
  const stage = module.define(how.key, STAGE, (f, item, args, scratch) => {
    const p = loadPointers(f, args);
    const [start, end, r] = f.locals('i32', 3);
    f.emit(start.set(i32.mul(item.value, i32.const(rowsPerItem))));
    const next = i32.add(start.value, i32.const(rowsPerItem));
    f.emit(end.set(i32.min(next, i32.const(phaseRows))));
    const firstInput = i32.add(i32.mul(start.value, i32.const(inStep[0])), i32.const(firstRow));
    const rows = i32.sub(i32.sub(end.value, start.value), i32.const(1));
    const count = i32.add(i32.mul(rows, i32.const(inStep[0])), i32.const(reach + 1));
    how.input.load(f, p, scratch.value, firstInput, count, start.value, end.value);
    const summer = out.sums ? new RowSummer(module, out) : null;
    const partial = summer?.begin(f, p, item);
    const rowsMade = i32.add(scratch.value, i32.const(rowsAt));
    f.for(r, start.value, end.value, 1, () => {
      const first = i32.mul(r.value, i32.const(outStep));
      const outRow = i32.add(p.out.value, i32.mul(r.value, i32.const(outStep * outPitch)));
      const to = exporter === null ? outRow : rowsMade;
      const at = { p, scratch, start, r, to };
      for (const phase of phases) emitPhaseRow(f, shape, how, layout, phase, at);
      exporter?.emit(f, p, rowsMade, first, outStep);
      if (summer !== null && partial !== undefined) {
        summer.add(f, p, partial, first, i32.add(first, i32.const(outStep)));
      }
    });
  });
  const outBytes = exporter === null ? 0 : outStep * outPitch;
  const items = Math.ceil(phaseRows / rowsPerItem);
  return { stage, items, scratchBytes: rowsAt + outBytes + 16 };
}

/** Row `r` of an item whose first one is `start`. */
interface ItemRow {
  readonly p: Pointers;
  readonly scratch: Local;
  readonly start: Local;
  readonly r: Local;
  /** Where the output rows of all phases' row `r` begin. */
  readonly to: Code;
}

/** The row of one phase, if that has so many. */
function emitPhaseRow(
  f: FunctionWriter,
  { source, inStep, out }: DirectShape,
  how: ByRows,
  { phaseRows, firstRow, inputBytes, outPitch }: RowsLayout,
  phase: Phase,
  { p, scratch, start, r, to }: ItemRow,
): void {
  const { rows: v, cols: h, weightOffset } = phase;
  const { pitch, channels } = how.input;
  const firstCol = -source.row.zeros[0];
  const inRow = i32.mul(i32.sub(r.value, start.value), i32.const(inStep[0] * pitch));
  const inOffset = (v.first - firstRow) * pitch + (h.first - firstCol) * channels * 4;
  const outOffset = v.outStart * outPitch + h.outStart * out.channels * 4;
  const emit = () =>
    how.emitRow(f, phase, {
      input: i32.add(i32.add(scratch.value, inRow), i32.const(inOffset)),
      weights: i32.add(p.weights.value, i32.const(weightOffset)),
      out: i32.add(to, i32.const(outOffset)),
      bias: p.bias.value,
      spare: i32.add(scratch.value, i32.const(inputBytes)),
    });
  if (v.count === phaseRows) emit();
  else f.if(i32.lt(r.value, i32.const(v.count)), emit);
}

/**
 * K of a product: neighbouring kernel columns are one run of memory, unless they are dilated, or only some of a pixel's channels
 * are read, `read`.
 */
export function depthRuns(
  v: PhaseAxis,
  h: PhaseAxis,
  channels: number,
  pitch: number,
  read = channels,
): Pick<ProductShape, 'run' | 'middle' | 'middleStride' | 'outer' | 'outerStride'> {
  const joined = h.tapStep === 1 && read === channels;
  return {
    run: joined ? h.taps * channels : read,
    middle: joined ? 1 : h.taps,
    middleStride: h.tapStep * channels * 4,
    outer: v.taps,
    outerStride: v.tapStep * pitch,
  };
}
