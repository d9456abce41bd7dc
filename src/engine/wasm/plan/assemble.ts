import type { GraphNode } from '../../../graph/graph.js';
import type { NormParams } from '../../../tensor/normalize.js';
import type { Tensor } from '../../../tensor/tensor.js';
import type { FunctionHandle, ModuleWriter } from '../emit/module.js';
import {
  CONV_ARGS,
  type ConvStage,
  defineDirect,
  defineNarrow,
  defineWinograd,
  narrowWidth,
  type OutputShape,
  type Phase,
  type PhaseAxis,
  type SourceShape,
} from '../kernels/convolution.js';
import { CONTROL, COUNTER_BYTES, defineDriver, RECORD_BYTES } from '../kernels/driver.js';
import { defineApply, defineSums } from '../kernels/elementwise.js';
import { FILTERINGS } from '../kernels/filtering.js';
import { defineNorm, partialBytes } from '../kernels/norm.js';
import { defineExport, defineImport } from '../kernels/planar.js';
import { NORM_ROWS, type RowShape } from '../kernels/rows.js';
import type { Target } from '../kernels/target.js';
import { defineWinogradWeights, planesOf } from '../kernels/winograd.js';
import { align, type Buffer, layOut } from './memory.js';
import {
  type ConstantNorm,
  type ConvStagePlan,
  margins,
  type Plan,
  type Stage,
} from './planner.js';
import type { PlannedValue } from './value.js';
import { packedFloats, packNarrow, packPhase, packVector } from './weights.js';

/** Stages have at most as many pointers as a convolution. */
const ARGS_BYTES = CONV_ARGS.length * 4;
/** Input rows in scratch memory stay within the L2 cache, more or less. */
const DIRECT_SCRATCH = 640 * 1024;
const NARROW_SCRATCH = 1536 * 1024;
/** Transformed tiles of one item: enough of them to pay for reading the weights, few enough for the caches. */
const FILTERING_SCRATCH = 6 * 1024 * 1024;
/** Most rows an item of any other convolution. */
const MOST_ITEM_ROWS = 16;

/** One step as the driver sees it. */
interface Step {
  readonly stage: FunctionHandle;
  readonly items: number;
  readonly args: readonly (Buffer | null)[];
  readonly node: GraphNode | null;
}

/** Weights that are transformed by machine code, once. */
export interface WeightTransform {
  readonly weight: Tensor;
  readonly to: Buffer;
  readonly stage: FunctionHandle;
  readonly items: number;
}

/** A program laid out in memory, but for its machine code. */
export interface Assembly {
  readonly driver: string;
  readonly steps: readonly Step[];
  readonly transforms: readonly WeightTransform[];
  /** Fills in records, pointers, weights and constants that need no machine code. */
  initialise(memory: ArrayBufferLike): void;
  /** Sets up transform `index` to read its weights from `staged`. */
  stageTransform(memory: ArrayBufferLike, index: number, staged: number): void;
  readonly input: Buffer;
  readonly output: Buffer;
  /** Memory that only a run uses: before the first one, weights can wait here. */
  readonly working: { readonly start: number; readonly end: number };
  readonly scratch: { readonly start: number; readonly bytes: number };
  /** All memory, in bytes. */
  readonly bytes: number;
}

/** Writes all kernels of a plan into `module` and gives everything a place. */
export function assemble(
  { stages, buffers, constants, input, output }: Plan,
  module: ModuleWriter,
  target: Target,
  threads: number,
): Assembly {
  return new Assembler(module, target, threads).run(stages, buffers, constants, input, output);
}

class Assembler {
  readonly #module: ModuleWriter;
  readonly #target: Target;
  readonly #threads: number;
  readonly #fixed: Buffer[] = [];
  readonly #fills: ((memory: ArrayBufferLike) => void)[] = [];
  readonly #transforms: WeightTransform[] = [];
  readonly #steps: Step[] = [];
  #scratchBytes = 64;

  constructor(module: ModuleWriter, target: Target, threads: number) {
    this.#module = module;
    this.#target = target;
    this.#threads = threads;
  }

  run(
    stages: readonly Stage[],
    buffers: readonly Buffer[],
    constants: readonly ConstantNorm[],
    input: Buffer,
    output: Buffer,
  ): Assembly {
    for (const constant of constants) this.#addConstantNorm(constant);
    for (const stage of stages) this.#addStage(stage);
    for (const [index, { args }] of this.#steps.entries()) {
      for (const buffer of args) {
        if (buffer === null || this.#fixed.includes(buffer)) continue;
        buffer.first = Math.min(buffer.first, index);
        buffer.last = Math.max(buffer.last, index);
      }
    }

    // The input is there before the first step, and the output is read after the last.
    input.first = 0;
    output.last = this.#steps.length - 1;

    const stepCount = this.#steps.length + this.#transforms.length;
    const records = align(CONTROL.steps + stepCount * COUNTER_BYTES);
    const args = align(records + stepCount * RECORD_BYTES);
    const driver = defineDriver(this.#module, { threads: this.#threads, records });
    let end = align(args + stepCount * ARGS_BYTES);
    for (const buffer of this.#fixed) {
      buffer.address = end;
      end = align(end + buffer.bytes);
    }
    const working = end;
    end = layOut(
      buffers.filter(({ last }) => last >= 0),
      working,
    );
    const scratch = { start: end, bytes: align(this.#scratchBytes) };
    end += this.#threads * scratch.bytes;
    const largest = Math.max(0, ...this.#transforms.map(({ weight }) => weight.data.byteLength));
    end = Math.max(end, working + align(largest));

    const writeStep = (
      memory: ArrayBufferLike,
      index: number,
      { stage, items }: Pick<Step, 'stage' | 'items'>,
      pointers: readonly number[],
    ) => {
      const at = args + index * ARGS_BYTES;
      const record = [stage.index, items, at];
      new Int32Array(memory, records + index * RECORD_BYTES, record.length).set(record);
      new Int32Array(memory, at, pointers.length).set(pointers);
    };
    return {
      driver: driver.exportName,
      steps: this.#steps,
      transforms: this.#transforms,
      initialise: (memory) => {
        for (const [index, step] of this.#steps.entries()) {
          writeStep(
            memory,
            index,
            step,
            step.args.map((buffer) => buffer?.address ?? 0),
          );
        }
        for (const fill of this.#fills) fill(memory);
      },
      stageTransform: (memory, index, staged) => {
        const transform = this.#transforms[index];
        new Float32Array(memory, staged, transform.weight.size).set(transform.weight.data);
        writeStep(memory, this.#steps.length + index, transform, [staged, transform.to.address]);
      },
      input,
      output,
      working: { start: working, end },
      scratch,
      bytes: end,
    };
  }

  #addStage(stage: Stage): void {
    const { node } = stage;
    const add = (handle: FunctionHandle, items: number, ...args: (Buffer | null)[]) =>
      this.#steps.push({ stage: handle, items, args, node });
    switch (stage.kind) {
      case 'import': {
        const { value, planar } = stage;
        const shape = { planes: value.planes, height: value.height, width: value.width };
        add(defineImport(this.#module, shape, value.channels), value.height, planar, value.buffer);
        return;
      }
      case 'export': {
        const { value, planar } = stage;
        const shape = { planes: value.planes, height: value.height, width: value.width };
        const row = rowShape(value, [0, 0], false);
        this.#needScratch(value.width * value.channels * 4);
        const handle = defineExport(this.#module, this.#target, shape, row);
        add(handle, value.height, value.buffer, value.norm, value.residual, planar);
        return;
      }
      case 'apply': {
        const { value, to } = stage;
        const [, , top, bottom] = value.reflect;
        const row = rowShape(value, [0, 0], false);
        const rows = { height: value.height, reflectTop: top };
        const handle = defineApply(this.#module, this.#target, row, rows);
        const items = value.height + top + bottom;
        add(handle, items, value.buffer, value.norm, value.residual, to);
        return;
      }
      case 'sums': {
        const { value, partials } = stage;
        partials.bytes = value.height * partialBytes(value.channels);
        add(defineSums(this.#module, value), value.height, value.buffer, partials);
        return;
      }
      case 'norm': {
        const { of, value, params, norm } = stage;
        const partials = of.partials as Buffer;
        const shape = {
          channels: value.channels,
          count: value.height * value.width,
          items: partials.bytes / partialBytes(value.channels),
          eps: params.eps,
        };
        const weight = this.#vector(params.weight, 1, value.channels);
        const bias = this.#vector(params.bias, 0, value.channels);
        add(defineNorm(this.#module, shape), 1, partials, weight, bias, norm);
        return;
      }
      case 'conv':
        this.#addConvolution(stage);
    }
  }

  #addConvolution(stage: ConvStagePlan): void {
    const { source, result, partials, keep } = stage;
    const { conv, weights } = this.#defineConvolution(stage);
    this.#needScratch(conv.scratchBytes);
    if (partials !== null) partials.bytes = conv.items * partialBytes(result.channels);
    const bias = this.#vector(stage.params.bias, 0, result.channels);
    this.#steps.push({
      stage: conv.stage,
      items: conv.items,
      args: [
        source.readPlanar ? source.planar : source.buffer,
        source.norm,
        source.residual,
        keep,
        weights,
        bias,
        result.buffer,
        partials,
      ],
      node: stage.node,
    });
  }

  #defineConvolution(stage: ConvStagePlan): { conv: ConvStage; weights: Buffer } {
    const { method, source, kernel, inStep, rows, cols, result, partials, keep } = stage;
    const [left, right, top, bottom] = source.reflect;
    const reflectedRows = source.height + top + bottom;
    const [zerosLeft, zerosRight] = margins(cols, source.width + left + right);
    const out: OutputShape = { ...result, sums: partials !== null };
    const sourceShape = (right: number): SourceShape => ({
      row: rowShape(source, [zerosLeft, right], keep !== null),
      height: source.height,
      reflectTop: top,
      reflectedRows,
    });
    const pitch = (zerosLeft + source.width + left + right + zerosRight) * source.channels * 4;
    const panel = this.#target.tile.vectors * 4;

    if (method !== 'narrow' && method !== 'direct') {
      const { inputs, outputs, inStep: tileStep } = FILTERINGS[method];
      const planes = planesOf(method);
      const tilesAcross = Math.ceil(result.width / outputs);
      const tilesDown = Math.ceil(result.height / outputs);
      const first = (lattices: ConvStagePlan['rows']) =>
        Math.min(...lattices.flatMap(({ taps }) => taps.map(({ offset }) => offset)));
      // The last tile of a row reads on past the picture, where zeros have to stand.
      const end = (tilesAcross - 1) * tileStep + inputs + first(cols);
      const weightPlane = align(source.channels * result.channels * 4) + 64;
      const tileBytes = planes * (source.channels + result.channels) * 4;
      const conv = defineWinograd(this.#module, this.#target, {
        filtering: method,
        source: sourceShape(Math.max(zerosRight, end - (source.width + left + right))),
        first: [first(rows), first(cols)],
        out,
        tileRowsPerItem: tileRowsPerItem(FILTERING_SCRATCH / tileBytes / tilesAcross, tilesDown),
        weightPlane,
      });
      const weights = this.#reserve(planes * weightPlane);
      const [outer, inner] = [stage.params.weight.shape[1] * 9, 9];
      this.#transforms.push({
        weight: stage.params.weight,
        to: weights,
        stage: defineWinogradWeights(this.#module, this.#target, {
          filtering: method,
          strides: method === 'doubling' ? { in: outer, out: inner } : { out: outer, in: inner },
          inChannels: kernel.inChannels,
          paddedIn: source.channels,
          outChannels: kernel.outChannels,
          paddedOut: result.channels,
          panel,
          planeStride: weightPlane,
        }),
        items: result.channels / 4,
      });
      return { conv, weights };
    }

    if (method === 'narrow') {
      const n = narrowWidth(kernel.kernelWidth, kernel.outChannels);
      const axis = phaseAxis(rows[0]);
      const rowsPerItem = rowsThatFit(
        NARROW_SCRATCH,
        pitch,
        inStep[0],
        reachOf([axis]),
        result.height,
      );
      const conv = defineNarrow(this.#module, this.#target, {
        source: sourceShape(zerosRight),
        rows: axis,
        inStep: inStep[0],
        kernelWidth: kernel.kernelWidth,
        outChannels: kernel.outChannels,
        out,
        rowsPerItem,
      });
      const floats = axis.taps * source.channels * n;
      const weights = this.#reserve(floats * 4);
      this.#fills.push((memory) =>
        packNarrow(kernel, rows[0], source.channels, n, panel, floatsAt(memory, weights)),
      );
      return { conv, weights };
    }

    const weights = this.#reserve(0);
    const phases: Phase[] = [];
    for (const row of rows) {
      for (const col of cols) {
        const offset = weights.bytes;
        const floats = packedFloats(row, col, source.channels, result.channels);
        weights.bytes += align(floats * 4);
        phases.push({ rows: phaseAxis(row), cols: phaseAxis(col), weightOffset: offset });
        this.#fills.push((memory) =>
          packPhase(
            kernel,
            row,
            col,
            source.channels,
            result.channels,
            panel,
            new Float32Array(memory, weights.address + offset, floats),
          ),
        );
      }
    }
    const latticeRows = Math.max(...rows.map(({ count }) => count));
    const reach = reachOf(phases.map((phase) => phase.rows));
    const conv = defineDirect(this.#module, this.#target, {
      source: sourceShape(zerosRight),
      inStep,
      phases,
      out,
      rowsPerItem: rowsThatFit(DIRECT_SCRATCH, pitch, inStep[0], reach, latticeRows),
    });
    return { conv, weights };
  }

  #addConstantNorm({ buffer, channels, params }: ConstantNorm): void {
    this.#fixed.push(buffer);
    this.#fills.push((memory) => {
      const rows = floatsAt(memory, buffer);
      const { weight, bias, runningMean, runningVar, eps } = params as NormParams & {
        runningMean: Tensor;
        runningVar: Tensor;
      };
      for (let c = 0; c < runningMean.size; c++) {
        rows[NORM_ROWS.meanHigh * channels + c] = runningMean.data[c];
        rows[NORM_ROWS.scale * channels + c] =
          (weight?.data[c] ?? 1) / Math.sqrt(runningVar.data[c] + eps);
        rows[NORM_ROWS.shift * channels + c] = bias?.data[c] ?? 0;
      }
    });
  }

  /** A row of padded channels; lanes beyond the real ones have to be zero, or `fill`, and stay finite. */
  #vector(tensor: Tensor | null, fill: number, channels: number): Buffer {
    const buffer = this.#reserve(channels * 4);
    this.#fills.push((memory) => packVector(tensor, fill, floatsAt(memory, buffer)));
    return buffer;
  }

  #reserve(bytes: number): Buffer {
    const buffer = { bytes, first: 0, last: 0, address: 0 };
    this.#fixed.push(buffer);
    return buffer;
  }

  #needScratch(bytes: number): void {
    this.#scratchBytes = Math.max(this.#scratchBytes, bytes);
  }
}

function floatsAt(memory: ArrayBufferLike, { address, bytes }: Buffer): Float32Array {
  return new Float32Array(memory, address, bytes / 4);
}

function rowShape(value: PlannedValue, zeros: readonly [number, number], keep: boolean): RowShape {
  return {
    width: value.width,
    channels: value.channels,
    planeStride: value.readPlanar ? value.height * value.width * 4 : null,
    norm: value.norm !== null,
    activation: value.activation,
    residual: value.residual !== null,
    keep,
    reflect: [value.reflect[0], value.reflect[1]],
    zeros,
  };
}

function phaseAxis(lattice: ConvStagePlan['rows'][number]): PhaseAxis {
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
function reachOf(axes: readonly PhaseAxis[]): number {
  const first = Math.min(...axes.map((axis) => axis.first));
  const last = Math.max(
    ...axes.map((axis) => axis.first + Math.max(0, axis.taps - 1) * axis.tapStep),
  );
  return last - first;
}

/** About as many as wished, but an even number of items of nearly one size, for two threads to share. */
function tileRowsPerItem(wished: number, rows: number): number {
  const items = Math.max(2, 2 * Math.round(rows / Math.max(1, wished) / 2));
  return Math.max(1, Math.ceil(rows / items));
}

/** As many rows an item as scratch memory allows, but enough items for many threads. */
function rowsThatFit(
  bytes: number,
  pitch: number,
  inStep: number,
  reach: number,
  rows: number,
): number {
  const fitting = Math.floor((bytes / pitch - reach - 1) / inStep) + 1;
  return Math.max(1, Math.min(fitting, MOST_ITEM_ROWS, Math.ceil(rows / 8)));
}
