import type { FunctionHandle, ModuleWriter } from '../../../emit/module.js';
import type { GraphNode } from '../../../graph/graph.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { align, type Buffer, floatsAt, layOut, newBuffer } from '../../shared/arena.js';
import { CONTROL, COUNTER_BYTES, emitDriver, RECORD_BYTES } from '../kernels/driver.js';
import { emitInsert } from '../kernels/rows/concatenate.js';
import { COPY_ARGS, emitCopy, emitSums, SUMS_ARGS } from '../kernels/rows/copy.js';
import { emitNorm, NORM_ARGS, partialBytes } from '../kernels/rows/norm.js';
import { EXPORT_ARGS, emitExport, emitImport, IMPORT_ARGS } from '../kernels/rows/planar.js';
import { NORM_ROWS, rowPixels } from '../kernels/rows/rows.js';
import { CONV_ARGS } from '../kernels/rows/stage.js';
import { inOrder, PACKING_ARGS } from '../kernels/stageArguments.js';
import type { Target } from '../kernels/target.js';
import { type Machine, rowShape } from './convolution/common.js';
import { planConvolution } from './convolution/index.js';
import type { ConstantNormFactors, ConvolutionStage, Plan, Stage } from './lower.js';
import { paddedChannels, type Source } from './source.js';
import { elementsOf, packVector } from './weights.js';
import { type PlannedWindow, planPool, planUpsample } from './windows.js';

/** Stages have at most as many arguments as a convolution. */
const ARGS_BYTES = CONV_ARGS.length * 4;

/** One step as the driver sees it. */
interface Step {
  readonly stage: FunctionHandle;
  readonly items: number;
  /** Buffers, whose addresses are known later, or plain numbers. */
  readonly args: readonly (Buffer | number | null)[];
  readonly node: GraphNode | null;
}

/** Weights that machine code packs. */
export interface WeightPacking {
  /** The leaf. */
  readonly weight: number;
  /** Elements of it. */
  readonly size: number;
  readonly to: Buffer;
  readonly stage: FunctionHandle;
  readonly items: number;
}

/** Memory that is written by the calling thread, from weights: again, when these change. */
export interface WeightFill {
  /** Leaves that it reads. */
  readonly reads: readonly number[];
  apply(memory: ArrayBufferLike, weight: (id: number) => Tensor): void;
}

/** A program laid out in memory, but for its machine code. */
export interface Assembly {
  /** The functions that go through steps: those of a run, one after the other, and packings, which do not wait for each other. */
  readonly drivers: { readonly run: string; readonly pack: string };
  readonly steps: readonly Step[];
  readonly packings: readonly WeightPacking[];
  readonly fills: readonly WeightFill[];
  /**
   * Fills in records and pointers. Padding stays as it is, so memory has to be zero up to `working`; what lies behind is
   * written before it is read.
   */
  initialise(memory: ArrayBufferLike): void;
  /** Sets up packing `index` to read its weights, `tensor`, from `staged`. */
  stagePacking(memory: ArrayBufferLike, index: number, staged: number, tensor: Tensor): void;
  readonly inputs: readonly Buffer[];
  readonly outputs: readonly Buffer[];
  /** Memory that only a run uses, but for scratch memory: between runs, weights can wait here. */
  readonly working: { readonly start: number; readonly end: number };
  readonly scratch: { readonly start: number; readonly bytes: number };
  /** All memory, in bytes. */
  readonly bytes: number;
}

/** Writes all kernels of a plan into `module` and gives everything an address. */
export function assemble(
  plan: Plan,
  weightSize: (id: number) => number,
  module: ModuleWriter,
  target: Target,
  machine: Machine,
): Assembly {
  const writer = new StageWriter(module, target, machine, weightSize);
  for (const norm of plan.constantNorms) writer.addConstantNorm(norm);
  for (const stage of plan.stages) writer.addStage(stage);
  return layOutProgram(plan, writer, module, machine);
}

/** Where records and pointers are. */
interface Tables {
  readonly records: number;
  readonly args: number;
}

function layOutProgram(
  { buffers, inputs, outputs }: Plan,
  { steps, packings, fills, fixed, temporaries, scratchBytes }: StageWriter,
  module: ModuleWriter,
  { threads }: Machine,
): Assembly {
  noteLifetimes(steps, new Set(fixed), inputs, outputs);
  const stepCount = steps.length + packings.length;
  const records = align(CONTROL.steps + stepCount * COUNTER_BYTES);
  const tables = { records, args: align(records + stepCount * RECORD_BYTES) };
  const run = emitDriver(module, { threads, records });
  const pack = emitDriver(module, { threads: 1, records });
  const working = layOutInTurn(fixed, align(tables.args + stepCount * ARGS_BYTES));
  const alive = [...buffers, ...temporaries].filter(({ last }) => last >= 0);
  const largestWeight = Math.max(0, ...packings.map(({ size }) => 4 * size));
  const workingEnd = Math.max(layOut(alive, working), working + align(largestWeight));
  const scratch = { start: workingEnd, bytes: align(scratchBytes) };
  return {
    drivers: { run: run.exportName, pack: pack.exportName },
    steps,
    packings,
    fills,
    initialise: (memory) => {
      for (const [index, step] of steps.entries()) {
        const pointers = step.args.map((arg) =>
          typeof arg === 'number' ? arg : (arg?.address ?? 0),
        );
        writeStep(memory, tables, index, step, pointers);
      }
    },
    stagePacking: (memory, index, staged, tensor) => {
      const packing = packings[index];
      tensor.copyInto(new Float32Array(memory, staged, packing.size));
      const pointers = inOrder(PACKING_ARGS, { weight: staged, packed: packing.to.address });
      writeStep(memory, tables, steps.length + index, packing, pointers);
    },
    inputs,
    outputs,
    working: { start: working, end: workingEnd },
    scratch,
    bytes: workingEnd + threads * scratch.bytes,
  };
}

/** From which step to which each buffer is in use. */
function noteLifetimes(
  steps: readonly Step[],
  fixed: ReadonlySet<Buffer>,
  inputs: readonly Buffer[],
  outputs: readonly Buffer[],
): void {
  for (const [index, { args }] of steps.entries()) {
    for (const buffer of args) {
      if (buffer === null || typeof buffer === 'number' || fixed.has(buffer)) continue;
      buffer.first = Math.min(buffer.first, index);
      buffer.last = Math.max(buffer.last, index);
    }
  }
  // Inputs are there before the first step, and outputs are read after the last.
  for (const input of inputs) {
    input.first = 0;
    input.last = Math.max(input.last, 0);
  }
  for (const output of outputs) output.last = steps.length - 1;
}

/** One behind the other. @returns The end. */
function layOutInTurn(buffers: readonly Buffer[], start: number): number {
  let end = start;
  for (const buffer of buffers) {
    buffer.address = end;
    end = align(end + buffer.bytes);
  }
  return end;
}

function writeStep(
  memory: ArrayBufferLike,
  { records, args }: Tables,
  index: number,
  { stage, items }: Pick<Step, 'stage' | 'items'>,
  pointers: readonly number[],
): void {
  const at = args + index * ARGS_BYTES;
  const record = [stage.index, items, at];
  new Int32Array(memory, records + index * RECORD_BYTES, record.length).set(record);
  new Int32Array(memory, at, pointers.length).set(pointers);
}

/** What a stage reads a source from: the value itself, and the operands of what is still to be applied to it. */
function sourceArguments({ buffer, norm, other }: Source) {
  return { src: buffer, norm, other };
}

/** Writes stages' kernels, and gathers the steps and what they need. */
class StageWriter {
  readonly steps: Step[] = [];
  readonly packings: WeightPacking[] = [];
  readonly fills: WeightFill[] = [];
  /** Buffers that live as long as the program. */
  readonly fixed: Buffer[] = [];
  /** Buffers of convolutions' own, which live for some steps. */
  readonly temporaries: Buffer[] = [];
  scratchBytes = 64;
  readonly #module: ModuleWriter;
  readonly #target: Target;
  readonly #machine: Machine;
  readonly #weightSize: (id: number) => number;

  constructor(
    module: ModuleWriter,
    target: Target,
    machine: Machine,
    weightSize: (id: number) => number,
  ) {
    this.#module = module;
    this.#target = target;
    this.#machine = machine;
    this.#weightSize = weightSize;
  }

  addStage(stage: Stage): void {
    switch (stage.kind) {
      case 'import': {
        const { value, planar, to } = stage;
        const shape = { planes: value.channels, height: value.height, width: value.width };
        const handle = emitImport(this.#module, shape, paddedChannels(value.channels));
        this.#add(stage, handle, value.height, inOrder(IMPORT_ARGS, { planar, rows: to }));
        return;
      }
      case 'export': {
        const { source, planar } = stage;
        const { planes, height, width } = source;
        this.#needScratch(width * source.channels * 4);
        const row = rowShape(source, [0, 0], false);
        const handle = emitExport(this.#module, this.#target, { planes, height, width }, row);
        const args = inOrder(EXPORT_ARGS, { ...sourceArguments(source), planar });
        this.#add(stage, handle, height, args);
        return;
      }
      case 'copy': {
        const { source, window, to } = stage;
        const { top, bottom } = source.border;
        const row = rowShape(source, [0, 0], false);
        const { height } = source;
        const handle = emitCopy(this.#module, this.#target, { row, height, top, window });
        const items = window?.height ?? height + top + bottom;
        this.#add(
          stage,
          handle,
          items,
          inOrder(COPY_ARGS, { ...sourceArguments(source), dst: to }),
        );
        return;
      }
      case 'insert':
        this.#addInsert(stage);
        return;
      case 'upsample':
        this.#addWindow(stage, planUpsample(stage, this.#module, this.#target, this.#machine));
        return;
      case 'pool':
        this.#addWindow(stage, planPool(stage, this.#module, this.#target, this.#machine));
        return;
      case 'sums': {
        const { source, partials } = stage;
        const { width, height, channels } = source;
        partials.bytes = height * partialBytes(channels);
        const handle = emitSums(this.#module, { width, channels });
        this.#add(stage, handle, height, inOrder(SUMS_ARGS, { src: source.buffer, partials }));
        return;
      }
      case 'norm':
        this.#addNorm(stage);
        return;
      case 'convolution':
        this.#addConvolution(stage);
    }
  }

  addConstantNorm({ buffer, channels, norm }: ConstantNormFactors): void {
    this.fixed.push(buffer);
    const { weight, bias, mean, variance, eps } = norm;
    this.fills.push({
      reads: [weight, bias, mean, variance].filter((id) => id !== null),
      apply: (memory, tensorOf) => {
        const rows = floatsAt(memory, buffer);
        const scales = weight === null ? null : elementsOf(tensorOf(weight));
        const shifts = bias === null ? null : elementsOf(tensorOf(bias));
        const [means, variances] = [mean, variance].map((id) => elementsOf(tensorOf(id)));
        for (let c = 0; c < means.length; c++) {
          rows[NORM_ROWS.meanHigh * channels + c] = means[c];
          rows[NORM_ROWS.scale * channels + c] = (scales?.[c] ?? 1) / Math.sqrt(variances[c] + eps);
          rows[NORM_ROWS.shift * channels + c] = shifts?.[c] ?? 0;
        }
      },
    });
  }

  #addInsert(stage: Stage & { readonly kind: 'insert' }): void {
    const { source, firstChannel, wide, to } = stage;
    const { planes, height, border } = source;
    const row = rowShape(source, [0, 0], false);
    const pixel = paddedChannels(wide.channels);
    const isLast = firstChannel + planes === wide.channels;
    this.#needScratch(rowPixels(row) * row.channels * 4);
    const handle = emitInsert(this.#module, this.#target, {
      row,
      height,
      top: border.top,
      window: null,
      rows: wide.height,
      planes,
      firstChannel,
      pixel,
      padding: isLast ? pixel - wide.channels : 0,
    });
    this.#add(
      stage,
      handle,
      wide.height,
      inOrder(COPY_ARGS, { ...sourceArguments(source), dst: to }),
    );
  }

  #addWindow(
    stage: Stage & { readonly source: Source; readonly to: Buffer },
    { stage: handle, items, scratchBytes, tables, fill }: PlannedWindow,
  ): void {
    const { source, to } = stage;
    if (tables !== null) this.fixed.push(tables);
    if (fill !== null) this.fills.push({ reads: [], apply: fill });
    this.#needScratch(scratchBytes);
    const args = inOrder(CONV_ARGS, {
      ...sourceArguments(source),
      keep: null,
      weights: tables,
      bias: null,
      out: to,
      partials: null,
      tiles: null,
      firstTileRow: null,
    });
    this.#add(stage, handle, items, args);
  }

  #addNorm(stage: Stage & { readonly kind: 'norm' }): void {
    const { step, partials, norm } = stage;
    const channels = paddedChannels(step.to.channels);
    const shape = {
      channels,
      count: step.of.height * step.of.width,
      items: partials.bytes / partialBytes(channels),
      eps: step.eps,
    };
    const weight = this.#vector(step.weight, 1, channels);
    const bias = this.#vector(step.bias, 0, channels);
    const args = inOrder(NORM_ARGS, { partials, weight, bias, norm });
    this.#add(stage, emitNorm(this.#module, shape), 1, args);
  }

  #addConvolution(stage: ConvolutionStage & { readonly node: GraphNode | null }): void {
    const { step, source, result, planar, partials, keep, node } = stage;
    const channels = paddedChannels(step.to.channels);
    const planned = planConvolution(stage, this.#module, this.#target, this.#machine);
    const { weights, packing, tiles, fill } = planned;
    const { weight } = step;
    this.fixed.push(weights);
    if (fill !== null) {
      const apply = (memory: ArrayBufferLike, tensorOf: (id: number) => Tensor) =>
        fill(memory, tensorOf(weight));
      this.fills.push({ reads: [weight], apply });
    }
    if (packing !== null) {
      this.packings.push({ ...packing, weight, size: this.#weightSize(weight), to: weights });
    }
    if (tiles !== null) this.temporaries.push(tiles);
    this.#needScratch(planned.scratchBytes);
    if (partials !== null) partials.bytes = planned.sums * partialBytes(channels);
    const bias = this.#vector(step.bias, 0, channels);
    const out = planar ?? result;
    const shared = { ...sourceArguments(source), keep, weights, bias, out, partials, tiles };
    for (const { stage: handle, items, firstTileRow } of planned.steps) {
      const args = inOrder(CONV_ARGS, { ...shared, firstTileRow });
      this.steps.push({ stage: handle, items, args, node });
    }
  }

  #add({ node }: Stage, handle: FunctionHandle, items: number, args: Step['args']): void {
    this.steps.push({ stage: handle, items, args, node });
  }

  /** A row of padded channels; lanes beyond the real ones have to be zero, or `fill`, and stay finite. */
  #vector(id: number | null, fill: number, channels: number): Buffer {
    const buffer = newBuffer(channels * 4);
    this.fixed.push(buffer);
    this.fills.push({
      reads: id === null ? [] : [id],
      apply: (memory, tensorOf) =>
        packVector(id === null ? null : tensorOf(id), fill, floatsAt(memory, buffer)),
    });
    return buffer;
  }

  #needScratch(bytes: number): void {
    this.scratchBytes = Math.max(this.scratchBytes, bytes);
  }
}
