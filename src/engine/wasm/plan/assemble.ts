import type { FunctionHandle, ModuleWriter } from '../../../emit/module.js';
import type { GraphNode } from '../../../graph/graph.js';
import type { NormParams } from '../../../tensor/normalize.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { CONTROL, COUNTER_BYTES, defineDriver, RECORD_BYTES } from '../kernels/driver.js';
import { defineApply, defineSums } from '../kernels/elementwise.js';
import { defineNorm, partialBytes } from '../kernels/norm.js';
import { defineExport, defineImport } from '../kernels/planar.js';
import { NORM_ROWS } from '../kernels/rows.js';
import { CONV_ARGS } from '../kernels/stage.js';
import type { Target } from '../kernels/target.js';
import { type Machine, rowShape } from './convolutionRows.js';
import { planConvolution } from './convolutions.js';
import { align, type Buffer, floatsAt, layOut, newBuffer } from './memory.js';
import type { ConstantNorm, ConvStagePlan, Plan, Stage } from './planner.js';
import { packVector } from './weights.js';

/** Stages have at most as many pointers as a convolution. */
const ARGS_BYTES = CONV_ARGS.length * 4;

/** One step as the driver sees it. */
interface Step {
  readonly stage: FunctionHandle;
  readonly items: number;
  /** Buffers, whose addresses are known later, or plain numbers. */
  readonly args: readonly (Buffer | number | null)[];
  readonly node: GraphNode | null;
}

/** Weights that machine code packs, once. */
export interface WeightPacking {
  readonly weight: Tensor;
  readonly to: Buffer;
  readonly stage: FunctionHandle;
  readonly items: number;
}

/** A program laid out in memory, but for its machine code. */
export interface Assembly {
  /** The functions that go through steps: those of a run, one after the other, and packings, which do not wait for each other. */
  readonly drivers: { readonly run: string; readonly pack: string };
  readonly steps: readonly Step[];
  readonly packings: readonly WeightPacking[];
  /**
   * Fills in records, pointers, weights and constants that need no machine code. Padding stays as it is, so memory has to be
   * zero up to `working`; what lies behind is written before it is read.
   */
  initialise(memory: ArrayBufferLike): void;
  /** Sets up packing `index` to read its weights from `staged`. */
  stagePacking(memory: ArrayBufferLike, index: number, staged: number): void;
  readonly input: Buffer;
  readonly output: Buffer;
  /** Memory that only a run uses, but for scratch memory: before the first one, weights can wait here. */
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
  machine: Machine,
): Assembly {
  return new Assembler(module, target, machine).run(stages, buffers, constants, input, output);
}

class Assembler {
  readonly #module: ModuleWriter;
  readonly #target: Target;
  readonly #machine: Machine;
  readonly #fixed: Buffer[] = [];
  readonly #fills: ((memory: ArrayBufferLike) => void)[] = [];
  readonly #packings: WeightPacking[] = [];
  /** Buffers of convolutions' own, which live for some steps. */
  readonly #temporaries: Buffer[] = [];
  readonly #steps: Step[] = [];
  #scratchBytes = 64;

  constructor(module: ModuleWriter, target: Target, machine: Machine) {
    this.#module = module;
    this.#target = target;
    this.#machine = machine;
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
        if (buffer === null || typeof buffer === 'number') continue;
        if (this.#fixed.includes(buffer)) continue;
        buffer.first = Math.min(buffer.first, index);
        buffer.last = Math.max(buffer.last, index);
      }
    }

    // The input is there before the first step, and the output is read after the last.
    input.first = 0;
    output.last = this.#steps.length - 1;

    const stepCount = this.#steps.length + this.#packings.length;
    const records = align(CONTROL.steps + stepCount * COUNTER_BYTES);
    const args = align(records + stepCount * RECORD_BYTES);
    const run = defineDriver(this.#module, { threads: this.#machine.threads, records });
    const pack = defineDriver(this.#module, { threads: 1, records });
    let end = align(args + stepCount * ARGS_BYTES);
    for (const buffer of this.#fixed) {
      buffer.address = end;
      end = align(end + buffer.bytes);
    }
    const working = end;
    end = layOut(
      [...buffers, ...this.#temporaries].filter(({ last }) => last >= 0),
      working,
    );
    const largest = Math.max(0, ...this.#packings.map(({ weight }) => 4 * weight.size));
    end = Math.max(end, working + align(largest));
    const scratch = { start: end, bytes: align(this.#scratchBytes) };
    end += this.#machine.threads * scratch.bytes;

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
      drivers: { run: run.exportName, pack: pack.exportName },
      steps: this.#steps,
      packings: this.#packings,
      initialise: (memory) => {
        for (const [index, step] of this.#steps.entries()) {
          writeStep(
            memory,
            index,
            step,
            step.args.map((arg) => (typeof arg === 'number' ? arg : (arg?.address ?? 0))),
          );
        }
        for (const fill of this.#fills) fill(memory);
      },
      stagePacking: (memory, index, staged) => {
        const packing = this.#packings[index];
        packing.weight.copyInto(new Float32Array(memory, staged, packing.weight.size));
        writeStep(memory, this.#steps.length + index, packing, [staged, packing.to.address]);
      },
      input,
      output,
      working: { start: working, end: scratch.start },
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
    const { source, result, partials, planar, keep, params } = stage;
    const planned = planConvolution(stage, this.#module, this.#target, this.#machine);
    const { weights, packing, tiles } = planned;
    this.#fixed.push(weights);
    if (planned.fill !== null) this.#fills.push(planned.fill);
    if (packing !== null) this.#packings.push({ ...packing, weight: params.weight, to: weights });
    if (tiles !== null) this.#temporaries.push(tiles);
    this.#needScratch(planned.scratchBytes);
    if (partials !== null) partials.bytes = planned.sums * partialBytes(result.channels);
    const pointers = [
      source.readPlanar ? source.planar : source.buffer,
      source.norm,
      source.residual,
      keep,
      weights,
      this.#vector(params.bias, 0, result.channels),
      planar ?? result.buffer,
      partials,
      tiles,
    ];
    for (const { stage: handle, items, firstTileRow } of planned.steps) {
      this.#steps.push({
        stage: handle,
        items,
        args: [...pointers, firstTileRow],
        node: stage.node,
      });
    }
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
    const buffer = newBuffer(bytes);
    this.#fixed.push(buffer);
    return buffer;
  }

  #needScratch(bytes: number): void {
    this.#scratchBytes = Math.max(this.#scratchBytes, bytes);
  }
}
