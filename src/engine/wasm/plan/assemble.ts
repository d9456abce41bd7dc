import { DraftModule, type FunctionHandle, type ModuleWriter } from '../../../emit/module.js';
import type { GraphNode } from '../../../graph/graph.js';
import type { ElementReader } from '../../../tensor/elementSource.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { align, type Buffer, layOut, newBuffer } from '../../shared/arena.js';
import { isFlatValue } from '../../shared/fuse/flatValue.js';
import type { NormGradientStep, NormStep } from '../../shared/fuse/steps.js';
import { layOutOverlaid, type Overlay } from '../../shared/overlays.js';
import { CONTROL, COUNTER_BYTES, emitDriver, RECORD_BYTES } from '../kernels/driver.js';
import { emitFlat, FLAT_ARGS, FLAT_ITEM } from '../kernels/flat/elementwise.js';
import { emitFill, FILL_ARGS } from '../kernels/flat/fill.js';
import { emitInsert } from '../kernels/rows/concatenate.js';
import { COPY_ARGS, COPY_STAGE_ARGS, emitCopy, emitSums, SUMS_ARGS } from '../kernels/rows/copy.js';
import { emitFold, type FoldShape, foldScratch } from '../kernels/rows/fold.js';
import { gradientSumsScratch } from '../kernels/rows/gradientRowSums.js';
import { emitGradientSums, gradientSumsStageScratch } from '../kernels/rows/gradientSums.js';
import { emitLinear, LINEAR_ARGS, linearShape } from '../kernels/rows/linear.js';
import { MAXIMA_ARGS } from '../kernels/rows/maxima.js';
import {
  emitJoinSums,
  emitNorm,
  emitVariance,
  JOIN_SUMS_ARGS,
  NORM_ARGS,
  type NormShape,
  normScratch,
  partialBytes,
  VARIANCE_ARGS,
} from '../kernels/rows/norm.js';
import { emitNormGradient, NORM_GRADIENT_ARGS } from '../kernels/rows/normGradient.js';
import { NORM_ROWS } from '../kernels/rows/operations.js';
import { EXPORT_ARGS, emitExport, emitImport, IMPORT_ARGS } from '../kernels/rows/planar.js';
import { ROW_ARGS } from '../kernels/rows/readyRow.js';
import { rowPixels } from '../kernels/rows/rows.js';
import { emitMerge, emitScale, MERGE_ARGS, SCALE_ARGS } from '../kernels/rows/scale.js';
import { CONV_ARGS } from '../kernels/rows/stage.js';
import { inOrder, PACKING_ARGS } from '../kernels/stageArguments.js';
import type { Target } from '../kernels/target.js';
import { floatsAt, type WritableMemory } from '../writableMemory.js';
import { resultRowBytes, ringsOf, rowsOfSource, sourcesWithin, turnsOf } from './chainRings.js';
import {
  type Machine,
  type PlannedConvolution,
  rowShape,
  unitsByItem,
} from './convolution/common.js';
import { planConvolution } from './convolution/index.js';
import { madeBy } from './memoryUse.js';
import { type ChainSchedule, evenRows, scheduleChain, type Turn } from './rowChain.js';
import { planRows } from './rowStages.js';
import {
  inBands,
  inLaps,
  joinUnits,
  overlayDistance,
  type PlannedStep,
  type Rows,
  type RowUnit,
} from './rowUnits.js';
import { packInRun } from './runPacking.js';
import { behindArguments, paddedChannels, type Source } from './source.js';
import { membersForSums } from './spill.js';
import type {
  ChainedStage,
  ChainStage,
  ConstantNormFactors,
  ConvolutionStage,
  CopyStage,
  ExportStage,
  GradientSumsStage,
  JoinSumsStage,
  MaximaStage,
  NormGradientStage,
  Plan,
  RowChain,
  Stage,
  TransferStage,
  VarianceStage,
} from './stages.js';
import { type PlannedSteps, planFlatSum, planSum } from './sums.js';
import { rowsAtATime, TRANSFER, TRANSFER_ARGS, wholeItemBytes } from './transfer.js';
import type { WeightGradientStage } from './weightGradient/common.js';
import { planWeightGradient } from './weightGradient/index.js';
import { elementsOf, packRows, packVector } from './weights.js';
import { type PlannedWindow, planGather, planMaxima, planPool, planUpsample } from './windows.js';

/** Stages have at most as many arguments as a convolution. */
const ARGS_BYTES = CONV_ARGS.length * 4;

/** One step as the driver sees it. */
interface Step {
  readonly stage: FunctionHandle;
  readonly items: number;
  /** Which of the stage's items is the first. Default: 0. */
  readonly firstItem?: number;
  readonly args: readonly Argument[];
  readonly node: GraphNode | null;
}

/** A buffer, whose address is known later, or where that would begin if only its last rows were in memory; or a plain number. */
type Argument = Buffer | BufferPlace | FilePlace | number | null;

/** Half of where a buffer lies in the scratch file: the words of that are 32 bits wide. */
interface FilePlace {
  readonly file: Buffer;
  readonly offset: number;
  readonly half: 'low' | 'high';
}

interface BufferPlace {
  readonly buffer: Buffer;
  /** Bytes from the buffer's start. */
  readonly offset: number;
}

/** Weights that machine code packs. */
export interface WeightPacking {
  /** The leaf. */
  readonly weight: number;
  /** Elements of it. */
  readonly size: number;
  /** Whether they are the first of it: others follow those of the packing before. */
  readonly isFirst: boolean;
  readonly to: BufferPlace;
  readonly stage: FunctionHandle;
  readonly items: number;
}

/** Memory that is written by the calling thread, from weights: again, when these change. */
export interface WeightFill {
  /** Leaves that it reads. */
  readonly reads: readonly number[];
  /** Whether it writes a weight as it is, where steps of the program write it, too. */
  readonly isFlat?: boolean;
  apply(memory: WritableMemory, weight: (id: number) => Tensor): void;
}

/** A program laid out in memory, but for its machine code. */
export interface Assembly {
  /** The functions that go through steps: those of a run, one after the other, and packings, which do not wait for each other. */
  readonly drivers: { readonly run: string; readonly pack: string };
  /** Those of a run, and from number `commit` on those that write weights. */
  readonly steps: readonly Step[];
  readonly commit: number;
  /** Where weights are that are kept as they are, by the first of their numbers. */
  readonly flatWeights: ReadonlyMap<number, Buffer>;
  readonly packings: readonly WeightPacking[];
  readonly fills: readonly WeightFill[];
  /**
   * Fills in records and pointers. Padding stays as it is, so memory has to be zero up to `working`; what lies behind is
   * written before it is read.
   */
  initialise(memory: WritableMemory): void;
  /** Sets up packing `index` to read its weights, which come from `read`, at `staged`. */
  stagePacking(memory: WritableMemory, index: number, staged: number, read: ElementReader): void;
  readonly inputs: readonly Buffer[];
  readonly outputs: readonly Buffer[];
  /** Memory that only a run uses, but for scratch memory: between runs, weights can wait here. */
  readonly working: { readonly start: number; readonly end: number };
  readonly scratch: { readonly start: number; readonly bytes: number };
  /** Bytes of the scratch file; 0 for none. */
  readonly fileBytes: number;
  /** All memory, in bytes. */
  readonly bytes: number;
}

/** What there is to know of the weights of a graph, by their numbers. */
export interface WeightFacts {
  sizeOf(id: number): number;
  /** Of the leaves that are the same weight, in whatever shape, the first. */
  firstView(id: number): number;
  /** Of a leaf. */
  shapeOf(id: number): readonly number[];
  /** Whether runs change weights: those of convolutions are packed in each run then. */
  readonly areChanging: boolean;
}

/**
 * Writes all kernels of a plan into `module` and gives everything an address.
 * @param breathe Called between stages, which take some milliseconds each.
 */
export async function assemble(
  plan: Plan,
  weights: WeightFacts,
  module: ModuleWriter,
  target: Target,
  machine: Machine,
  breathe: () => Promise<void>,
): Promise<Assembly> {
  const writer = new StageWriter(module, target, machine, weights);
  writer.isOverlaid = plan.isOverlaid ?? false;
  for (const [weight, buffer] of plan.flatWeights) writer.addFlatWeight(weight, buffer);
  for (const norm of plan.constantNorms) writer.addConstantNorm(norm);
  for (const stage of plan.stages) {
    writer.addStage(stage);
    await breathe();
  }
  const commit = writer.steps.length;
  for (const stage of plan.commit) writer.addStage(stage);
  return { ...layOutProgram(plan, writer, module, machine), commit };
}

/** Where records and pointers are. */
interface Tables {
  readonly records: number;
  readonly args: number;
}

function layOutProgram(
  { buffers, inputs, outputs, files = [] }: Plan,
  writer: StageWriter,
  module: ModuleWriter,
  { threads }: Machine,
): Omit<Assembly, 'commit'> {
  const { steps, packings, fills, fixed, flatWeights, temporaries, scratchBytes } = writer;
  noteLifetimes(steps, new Set(fixed), inputs, outputs);
  const stepCount = steps.length + packings.length;
  const records = align(CONTROL.steps + stepCount * COUNTER_BYTES);
  const tables = { records, args: align(records + stepCount * RECORD_BYTES) };
  const run = emitDriver(module, { threads, records });
  const pack = emitDriver(module, { threads: 1, records });
  const working = layOutInTurn(fixed, align(tables.args + stepCount * ARGS_BYTES));
  const alive = [...buffers, ...temporaries].filter(({ last }) => last >= 0);
  const largestWeight = Math.max(0, ...packings.map(({ size }) => 4 * size));
  const overlays = writer.overlays.filter(isPossible);
  const end = layOutSmaller(alive, overlays, working);
  const workingEnd = Math.max(end, working + align(largestWeight));
  const scratch = { start: workingEnd, bytes: align(scratchBytes) };
  return {
    drivers: { run: run.exportName, pack: pack.exportName },
    steps,
    flatWeights,
    packings,
    fills,
    initialise: (memory) => {
      for (const [index, step] of steps.entries()) {
        const pointers = step.args.map(addressOf);
        writeStep(memory, tables, index, step, pointers);
      }
    },
    stagePacking: (memory, index, staged, read) => {
      const packing = packings[index];
      read(memory.floats(staged, packing.size));
      const pointers = inOrder(PACKING_ARGS, { weight: staged, packed: addressOf(packing.to) });
      writeStep(memory, tables, steps.length + index, packing, pointers);
    },
    inputs,
    outputs,
    working: { start: working, end: workingEnd },
    scratch,
    fileBytes: layOut(files, 0),
    bytes: workingEnd + threads * scratch.bytes,
  };
}

/** With overlays, if that takes less. @returns The end of the area. */
function layOutSmaller(
  buffers: readonly Buffer[],
  overlays: readonly Overlay[],
  start: number,
): number {
  if (overlays.length === 0) return layOut(buffers, start);
  const plain = layOut(buffers, start);
  const overlaid = layOutOverlaid(buffers, overlays, start);
  return plain <= overlaid ? layOut(buffers, start) : overlaid;
}

/** How many numbers a word can be. */
const WORD_VALUES = 2 ** 32;

/** Once all is laid out. */
function addressOf(arg: Argument): number {
  if (arg === null || typeof arg === 'number') return arg ?? 0;
  if ('file' in arg) {
    const address = arg.file.address + arg.offset;
    return arg.half === 'low' ? address % WORD_VALUES : Math.floor(address / WORD_VALUES);
  }
  return 'buffer' in arg ? arg.buffer.address + arg.offset : arg.address;
}

/** That a stage's result may take the place of its source, if the stage is the last to read that. */
interface StageOverlay extends Overlay {
  readonly firstStep: number;
  readonly lastStep: number;
}

function isPossible({ source, result, firstStep, lastStep }: StageOverlay): boolean {
  return source.last <= lastStep && result.first >= firstStep;
}

function bufferOf(arg: Buffer | BufferPlace | FilePlace): Buffer {
  if ('file' in arg) return arg.file;
  return 'buffer' in arg ? arg.buffer : arg;
}

/** From which step to which each buffer is in use. */
function noteLifetimes(
  steps: readonly Step[],
  fixed: ReadonlySet<Buffer>,
  inputs: readonly Buffer[],
  outputs: readonly Buffer[],
): void {
  for (const [index, { args }] of steps.entries()) {
    for (const arg of args) {
      if (arg === null || typeof arg === 'number') continue;
      const buffer = bufferOf(arg);
      if (fixed.has(buffer)) continue;
      buffer.first = Math.min(buffer.first, index);
      buffer.last = Math.max(buffer.last, index);
    }
  }
  // Inputs are there before the first step, and outputs are read after the last.
  for (const input of inputs) {
    input.first = 0;
    input.last = Math.max(input.last, 0);
  }
  // There may be none: an input comes out in another shape.
  for (const output of outputs) output.last = Math.max(0, steps.length - 1);
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
  memory: WritableMemory,
  { records, args }: Tables,
  index: number,
  { stage, items, firstItem = 0 }: Pick<Step, 'stage' | 'items' | 'firstItem'>,
  pointers: readonly number[],
): void {
  const at = args + index * ARGS_BYTES;
  const record = [stage.index, items, at, firstItem];
  memory.integers(records + index * RECORD_BYTES, record.length).set(record);
  memory.integers(at, pointers.length).set(pointers);
}

/** What a stage reads a source from: the value itself, and the operands of what is still to be applied to it. */
function sourceArguments({ buffer, norm, other }: Source) {
  return { src: buffer, norm, other };
}

/** What the kernels of a norm by a value's own statistics, and of its gradient, are specialised for. */
function normShape(
  { sums, perGroup, eps, correction, epsOutside }: NormStep | NormGradientStep,
  partials: Buffer,
): NormShape {
  const { channels: planes, count } = sums;
  const channels = paddedChannels(planes);
  const items = partials.bytes / partialBytes(channels);
  return { planes, channels, perGroup, count, items, eps, correction, epsOutside };
}

type NodeOf = Pick<Stage, 'node'>;

/** How many bytes from their buffers' starts values begin, of which only rows from a certain one on are in memory. */
interface Shifts {
  readonly result: number;
  /** Of what a stage reads row by row, where its kernel knows of no ring. */
  readonly source: number;
  readonly other: number;
}

const UNSHIFTED: Shifts = { result: 0, source: 0, other: 0 };

/** A stage by rows: whole, by the least that runs by itself, and its arguments. */
interface PlannedMember {
  readonly steps: readonly PlannedStep[];
  readonly units: readonly RowUnit[] | null;
  argsOf(step: PlannedStep, shifts: Shifts): readonly Argument[];
}

interface PlannedChain {
  readonly members: readonly PlannedMember[];
  /** Of each member whose result others read, how many rows of it are in memory. */
  readonly rings: ChainSchedule['rings'];
  readonly turns: readonly Turn[];
  /** Those of the members up to the first layer, by themselves. */
  readonly turnsForSums: readonly Turn[];
}

const rowInItsPlace = (y: number) => ({
  reads: { from: y, to: y + 1 },
  writes: { from: y, to: y + 1 },
});

function shifted<T extends Buffer | null>(buffer: T, offset: number): T | BufferPlace {
  return buffer === null || offset === 0 ? buffer : { buffer, offset };
}

interface Transfer {
  readonly memory: Argument;
  readonly file: Buffer;
  readonly offset: number;
  readonly itemBytes: number;
  readonly bytes: number;
  readonly planes: number;
  readonly memoryStride: number;
  readonly fileStride: number;
  readonly isStore: boolean;
}

function transferArguments({ file, offset, isStore, ...rest }: Transfer): Argument[] {
  const [low, high] = [
    { file, offset, half: 'low' },
    { file, offset, half: 'high' },
  ] as const;
  const args = { ...rest, low, high, isStore: isStore ? 1 : 0 };
  return inOrder<(typeof TRANSFER_ARGS)[number], Argument>(TRANSFER_ARGS, args);
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
  /** Weights as they are, by the first of their numbers. */
  readonly flatWeights = new Map<number, Buffer>();
  scratchBytes = 64;
  /** Whether values may take each other's place, and which ones may. */
  isOverlaid = false;
  readonly overlays: StageOverlay[] = [];
  readonly #chains = new Map<RowChain, PlannedChain>();
  /** What the last step of a run that packs weights has packed. */
  #lastPacked: {
    readonly home: Buffer;
    readonly how: FunctionHandle | null;
    readonly weights: Buffer;
  } | null = null;
  readonly #module: ModuleWriter;
  readonly #target: Target;
  readonly #machine: Machine;
  readonly #weights: WeightFacts;

  constructor(module: ModuleWriter, target: Target, machine: Machine, weights: WeightFacts) {
    this.#module = module;
    this.#target = target;
    this.#machine = machine;
    this.#weights = weights;
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
        const { steps, argsOf } = this.#planExport(stage);
        for (const step of steps) this.#addStep(stage, step, argsOf(step, UNSHIFTED));
        return;
      }
      case 'fill': {
        const { from, isOne, value, to } = stage;
        const { channels: planes, height, width } = value;
        const handle = emitFill(this.#module, { planes, width, isOne });
        this.#add(stage, handle, height, inOrder(FILL_ARGS, { source: from, to }));
        return;
      }
      case 'flat':
        this.#addFlat(stage);
        return;
      case 'sum':
        this.#addPlanned(stage, planSum(stage, this.#module, this.#target));
        return;
      case 'flatSum':
        this.#addPlanned(stage, planFlatSum(stage, this.#module));
        return;
      case 'copy':
        this.#addCopy(stage);
        return;
      case 'insert':
        this.#addInsert(stage);
        return;
      case 'rows':
        this.#addRows(stage);
        return;
      case 'upsample':
        this.#addWindow(stage, planUpsample(stage, this.#module, this.#target, this.#machine));
        return;
      case 'gather':
        this.#addWindow(stage, planGather(stage, this.#module, this.#target));
        return;
      case 'maxima':
        this.#addMaxima(stage);
        return;
      case 'pool':
        this.#addWindow(stage, planPool(stage, this.#module, this.#target, this.#machine));
        return;
      case 'sums':
        this.#addSums(stage);
        return;
      case 'joinSums':
        this.#addJoinSums(stage);
        return;
      case 'norm':
        this.#addNorm(stage);
        return;
      case 'gradientSums':
        this.#addGradientSums(stage);
        return;
      case 'normGradient':
        this.#addNormGradient(stage);
        return;
      case 'variance':
        this.#addVariance(stage);
        return;
      case 'linear':
        this.#addLinear(stage);
        return;
      case 'merge':
        this.#addMerge(stage);
        return;
      case 'scale':
        this.#addScale(stage);
        return;
      case 'convolution':
        this.#addConvolution(stage);
        return;
      case 'weightGradient':
        this.#addWeightGradient(stage);
        return;
      case 'chainSums':
        this.#addChainSums(stage);
        return;
      case 'chain':
        this.#addChain(stage);
        return;
      case 'load':
      case 'store':
        this.#addTransfer(stage);
    }
  }

  /** A weight as it is, with zeros up to whole vectors. */
  addFlatWeight(weight: number, buffer: Buffer): void {
    this.flatWeights.set(weight, buffer);
    this.fixed.push(buffer);
    this.fills.push({
      reads: [weight],
      isFlat: true,
      apply: (memory, tensorOf) => packVector(tensorOf(weight), 0, floatsAt(memory, buffer)),
    });
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

  #addPlanned(stage: NodeOf, { steps, scratchBytes }: PlannedSteps): void {
    this.#needScratch(scratchBytes);
    for (const { stage: handle, items, args } of steps) this.#add(stage, handle, items, args);
  }

  #addFlat(stage: Stage & { readonly kind: 'flat' }): void {
    const { step, operands, to } = stage;
    const { operation, repeated } = step;
    const { size } = step.to;
    const handle = emitFlat(this.#module, { operation, repeated });
    const [a, b = null, c = null, d = null] = operands;
    const args = inOrder(FLAT_ARGS, { a, b, c, d, to, size });
    this.#add(stage, handle, Math.ceil(size / FLAT_ITEM), args);
  }

  #addCopy(stage: CopyStage & NodeOf): void {
    const { source, window, to, sums } = stage;
    const { height, border, channels } = source;
    const row = rowShape(source, [0, 0], false);
    const shape = { row, height, top: border.top, window };
    const items = window?.height ?? border.top + height + border.bottom;
    if (sums !== null) {
      sums.partials.bytes = items * partialBytes(channels);
      this.#needScratch(gradientSumsScratch(channels));
    }
    const handle =
      source.fold === null
        ? emitCopy(this.#module, this.#target, shape, sums !== null)
        : this.#emitFold({ row, height, fold: source.fold, hasSums: sums !== null });
    const [of, ofNorm, partials] = [sums?.of, sums?.norm, sums?.partials].map((b) => b ?? null);
    const places = { ...sourceArguments(source), dst: to, of, ofNorm, partials };
    const isInPlace = window === null && source.fold === null && items === height;
    const at = { firstStep: this.steps.length, lastStep: this.steps.length };
    if (isInPlace && rowPixels(row) === row.width) this.#overlayCopy(stage, at);
    this.#add(stage, handle, items, inOrder(COPY_STAGE_ARGS, places));
  }

  /**
   * Each element of a copy depends on the element in its place alone.
   * @param except What is not there as a whole.
   */
  #overlayCopy(
    { source, to, inPlaceOf = [source.buffer] }: CopyStage,
    at: Pick<StageOverlay, 'firstStep' | 'lastStep'>,
    except: readonly Buffer[] = [],
  ): void {
    if (!this.isOverlaid) return;
    for (const read of inPlaceOf) {
      if (read.bytes !== to.bytes || except.includes(read)) continue;
      this.overlays.push({ source: read, result: to, distance: 0, ...at });
    }
  }

  #emitFold(shape: FoldShape): FunctionHandle {
    this.#needScratch(foldScratch(shape));
    return emitFold(this.#module, this.#target, shape);
  }

  #addGradientSums(stage: GradientSumsStage & NodeOf): void {
    const { source, of, norm: ofNorm, partials } = stage;
    const { height, channels } = source;
    const row = rowShape(source, [0, 0], false);
    const shape = { row, height, top: 0, window: null, rows: height };
    partials.bytes = height * partialBytes(channels);
    this.#needScratch(gradientSumsStageScratch(shape));
    const handle = emitGradientSums(this.#module, this.#target, shape);
    const places = { ...sourceArguments(source), dst: null, of, ofNorm, partials };
    this.#add(stage, handle, height, inOrder(COPY_STAGE_ARGS, places));
  }

  #addNormGradient(stage: NormGradientStage & NodeOf): void {
    const { step, partials, norm, factors } = stage;
    const shape = normShape(step, partials);
    this.#needScratch(normScratch(shape));
    const args = inOrder(NORM_GRADIENT_ARGS, { partials, norm, factors });
    this.#add(stage, emitNormGradient(this.#module, shape), 1, args);
  }

  #addSums(stage: Stage & { readonly kind: 'sums' }): void {
    const { source, partials } = stage;
    const { width, height, channels } = source;
    partials.bytes = height * partialBytes(channels);
    const handle = emitSums(this.#module, { width, channels });
    this.#add(stage, handle, height, inOrder(SUMS_ARGS, { src: source.buffer, partials }));
  }

  /** Each value's partial sums become one item's. */
  #addJoinSums(stage: JoinSumsStage & NodeOf): void {
    const { partials, to } = stage;
    const channels = paddedChannels(stage.channels);
    const bytes = partialBytes(channels);
    to.bytes = partials.length * bytes;
    for (const [i, part] of partials.entries()) {
      const handle = emitJoinSums(this.#module, { channels, items: part.bytes / bytes });
      const place = { buffer: to, offset: i * bytes };
      this.#add(
        stage,
        handle,
        1,
        inOrder<(typeof JOIN_SUMS_ARGS)[number], Argument>(JOIN_SUMS_ARGS, {
          partials: part,
          to: place,
        }),
      );
    }
  }

  #addVariance(stage: VarianceStage & NodeOf): void {
    const { step, partials, to } = stage;
    const { sums, correction } = step;
    const channels = paddedChannels(sums.channels);
    const items = partials.bytes / partialBytes(channels);
    const shape = { channels, count: sums.count, items, correction };
    this.#needScratch(normScratch(shape));
    const args = inOrder(VARIANCE_ARGS, { partials, variance: to });
    this.#add(stage, emitVariance(this.#module, shape), 1, args);
  }

  #addMerge(stage: Stage & { readonly kind: 'merge' }): void {
    const { a, b, norm, step } = stage;
    const channels = paddedChannels(step.to.channels);
    const handle = emitMerge(this.#module, { channels, operation: step.operation });
    this.#add(stage, handle, 1, inOrder(MERGE_ARGS, { a, b, norm }));
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

  #addRows(stage: Stage & { readonly kind: 'rows' }): void {
    const { step, source, to } = stage;
    const size = 'weight' in step ? this.#weights.sizeOf(step.weight) : 0;
    const planned = planRows(stage, size, this.#module, this.#target);
    this.#needScratch(planned.scratchBytes);
    const weights = 'weight' in step ? this.#vector(step.weight, 0, source.channels) : stage.seed;
    const args = inOrder(ROW_ARGS, { ...sourceArguments(source), dst: to, weights });
    this.#add(stage, planned.stage, planned.items, args);
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
      ...behindArguments(null),
    });
    this.#add(stage, handle, items, args);
  }

  #addMaxima(stage: MaximaStage & NodeOf): void {
    const { source, gradient, to } = stage;
    const { stage: handle, items, tables, fill } = planMaxima(stage, this.#module);
    this.fixed.push(tables);
    this.fills.push({ reads: [], apply: fill });
    const args = inOrder(MAXIMA_ARGS, { src: source.buffer, gradient, dst: to, tables });
    this.#add(stage, handle, items, args);
  }

  #addNorm(stage: Stage & { readonly kind: 'norm' }): void {
    const { step, partials, norm } = stage;
    const shape = normShape(step, partials);
    this.#needScratch(normScratch(shape));
    const weight = this.#vector(step.weight, 1, shape.channels);
    const bias = this.#vector(step.bias, 0, shape.channels);
    const args = inOrder(NORM_ARGS, { partials, weight, bias, norm });
    this.#add(stage, emitNorm(this.#module, shape), 1, args);
  }

  #addLinear(stage: Stage & { readonly kind: 'linear' }): void {
    const { step, source, to } = stage;
    const { weight } = step;
    const shape = linearShape(source.channels, paddedChannels(step.to.channels));
    const weights = newBuffer(shape.rows * shape.features * 4);
    this.fixed.push(weights);
    this.fills.push({
      reads: [weight],
      apply: (memory, tensorOf) =>
        packRows(tensorOf(weight), source.planes, shape.features, floatsAt(memory, weights)),
    });
    const bias = this.#vector(step.bias, 0, shape.rows);
    const args = inOrder(LINEAR_ARGS, { src: source.buffer, weights, bias, out: to });
    const handle = emitLinear(this.#module, this.#target, shape);
    this.#add(stage, handle, Math.ceil(shape.rows / shape.rowsPerItem), args);
  }

  #addScale(stage: Stage & { readonly kind: 'scale' }): void {
    const { step, factors, by, norm } = stage;
    const planes = step.to.channels;
    const channels = paddedChannels(planes);
    const size = isFlatValue(step.by) ? step.by.size : step.by.channels;
    const [operation, hasFactors, isOne] = [step.operation, factors !== null, size === 1];
    const shape = { planes, channels, operation, hasFactors, isOne };
    const args = inOrder(SCALE_ARGS, { factors, by, norm });
    this.#add(stage, emitScale(this.#module, shape), 1, args);
  }

  #addWeightGradient(stage: WeightGradientStage & NodeOf): void {
    const planned = planWeightGradient(stage, this.#module, this.#target, this.#machine);
    this.temporaries.push(...planned.temporaries);
    this.#needScratch(planned.scratchBytes);
    for (const { stage: handle, items, args } of planned.steps) {
      this.#add(stage, handle, items, args);
    }
  }

  #planExport({ source, planar }: ExportStage, module = this.#module): PlannedMember {
    const { planes, height, width, ring } = source;
    this.#needScratch(width * source.channels * 4);
    const row = rowShape(source, [0, 0], false);
    const handle = emitExport(module, this.#target, { planes, height, width }, row, ring);
    const whole = { stage: handle, firstItem: 0, items: height, firstTileRow: 0 };
    const argsOf = (_: PlannedStep, { other }: Shifts) => {
      const places = { ...sourceArguments(source), other: shifted(source.other, other), planar };
      return inOrder<(typeof EXPORT_ARGS)[number], Argument>(EXPORT_ARGS, places);
    };
    return { steps: [whole], units: unitsByItem(whole, rowInItsPlace), argsOf };
  }

  /** A copy of which each row depends on those in its place alone. */
  #planCopy({ source, to }: CopyStage, module = this.#module): PlannedMember {
    const { height } = source;
    const shape = { row: rowShape(source, [0, 0], false), height, top: 0, window: null };
    const handle = emitCopy(module, this.#target, shape, false);
    const whole = { stage: handle, firstItem: 0, items: height, firstTileRow: 0 };
    const argsOf = (_: PlannedStep, shifts: Shifts) =>
      inOrder<(typeof COPY_STAGE_ARGS)[number], Argument>(COPY_STAGE_ARGS, {
        src: shifted(source.buffer, shifts.source),
        norm: source.norm,
        other: shifted(source.other, shifts.other),
        dst: shifted(to, shifts.result),
        of: null,
        ofNorm: null,
        partials: null,
      });
    return { steps: [whole], units: unitsByItem(whole, rowInItsPlace), argsOf };
  }

  /** Rows that go to the scratch file, or come from there: those that come, some at a time. */
  #planTransfer({ kind, rows }: TransferStage, module = this.#module): PlannedMember {
    const most = kind === 'load' ? rowsAtATime(rows) : 1;
    const items = Math.ceil(rows.height / most);
    const whole = { stage: module.imported(TRANSFER), firstItem: 0, items, firstTileRow: 0 };
    const rowsOf = (item: number) => {
      const here = { from: item * most, to: Math.min(rows.height, (item + 1) * most) };
      return { reads: here, writes: here };
    };
    return { steps: [whole], units: unitsByItem(whole, rowsOf), argsOf: () => [] };
  }

  /** Rows `from … to − 1` of a chain's value. */
  #addTransferOfRows(
    { node, kind, memory, file, rows }: TransferStage & NodeOf,
    { from, to }: Rows,
    { ring, shift }: { readonly ring: number; readonly shift: number },
  ): void {
    const { rowBytes, planes, height } = rows;
    const itemBytes = rowsAtATime(rows) * rowBytes;
    const bytes = (to - from) * rowBytes;
    const args = transferArguments({
      memory: { buffer: memory, offset: shift + from * rowBytes },
      file,
      offset: from * rowBytes,
      itemBytes,
      bytes,
      planes,
      memoryStride: ring * rowBytes,
      fileStride: height * rowBytes,
      isStore: kind === 'store',
    });
    this.#add({ node }, this.#module.imported(TRANSFER), Math.ceil(bytes / itemBytes), args);
  }

  /** All of a value. */
  #addTransfer({ node, kind, memory, file, rows }: TransferStage & NodeOf): void {
    const bytes = rows.height * rows.rowBytes * rows.planes;
    const itemBytes = wholeItemBytes(bytes, this.#machine.threads);
    const isStore = kind === 'store';
    const strides = { planes: 1, memoryStride: bytes, fileStride: bytes };
    const args = transferArguments({
      memory,
      file,
      offset: 0,
      itemBytes,
      bytes,
      ...strides,
      isStore,
    });
    this.#add({ node }, this.#module.imported(TRANSFER), Math.ceil(bytes / itemBytes), args);
  }

  #addConvolution(stage: ConvolutionStage & NodeOf): void {
    const planned = this.#planConvolution(stage);
    const steps = this.#overlayConvolution(stage, planned);
    for (const step of steps) this.#addStep(stage, step, planned.argsOf(step, UNSHIFTED));
  }

  /** The steps of a convolution: by bands of rows, if its result may take the place of its source. */
  #overlayConvolution(stage: ConvolutionStage, { steps, units }: PlannedMember) {
    const { isLastReader, source, result, step, planar } = stage;
    if (!this.isOverlaid || !isLastReader || units === null || planar !== null) return steps;
    const banded = inBands(units, this.#machine.threads);
    const rowBytes = {
      source: source.width * source.channels * 4,
      result: step.to.width * paddedChannels(step.to.channels) * 4,
    };
    this.overlays.push({
      source: source.buffer,
      result,
      distance: overlayDistance(source, banded, rowBytes),
      firstStep: this.steps.length,
      lastStep: this.steps.length + banded.flatMap(joinUnits).length - 1,
    });
    return banded.flatMap(joinUnits);
  }

  /** Stages of a chain as they are planned, and the turns in which they run. */
  #planChain(chain: RowChain): PlannedChain {
    const known = this.#chains.get(chain);
    if (known !== undefined) return known;
    const { members } = chain;
    // Rings are not known before units are, and those do not depend on them.
    const drafts = members.map((member) => this.#planUnits(member));
    const linked = members.map((member, i) => ({
      units: drafts[i],
      sources: sourcesWithin(members, i).map(({ from, value }) => ({
        member: from,
        needs: drafts[i].map(({ reads }) => rowsOfSource(member, value, reads)),
      })),
      ...turnsOf(member, drafts[i], this.#machine.threads),
    }));
    const schedule = scheduleChain(linked);
    const forSums = scheduleChain(linked.slice(0, membersForSums(chain)));
    const rings = schedule.rings.map((ring, i) => {
      const alone = forSums.rings[i] ?? null;
      return ring === null || alone === null ? ring : Math.max(ring, alone);
    });
    const planned = {
      members: members.map((_, i) => this.#planMember(chain, i, rings)),
      rings,
      turns: schedule.turns,
      turnsForSums: forSums.turns,
    };
    this.#chains.set(chain, planned);
    return planned;
  }

  /** A member whose result, and what it reads of others, lie in rings. */
  #planMember({ members }: RowChain, i: number, rings: ChainSchedule['rings']): PlannedMember {
    const member = members[i];
    const ring = rings[i];
    if (ring !== null) {
      for (const made of madeBy(member)) made.bytes = ring * resultRowBytes(member);
    }
    const sources = sourcesWithin(members, i);
    switch (member.kind) {
      case 'load':
      case 'store':
        return this.#planTransfer(member);
      case 'copy':
        return this.#planCopy(member);
      default: {
        const from = sources.find(({ value }) => value === member.source.buffer)?.from;
        const ringOf = from === undefined ? undefined : (rings[from] ?? undefined);
        const stage = { ...member, source: { ...member.source, ring: ringOf } };
        return stage.kind === 'export' ? this.#planExport(stage) : this.#planConvolution(stage);
      }
    }
  }

  #planUnits(member: ChainedStage): readonly RowUnit[] {
    // Its functions are of no use.
    const draft = new DraftModule(this.#module.imports);
    const { units } = this.#planDraft(member, draft);
    if (units === null || evenRows(units) === null) {
      throw new Error('a stage of a chain makes rows in their order');
    }
    return units;
  }

  #planDraft(member: ChainedStage, draft: ModuleWriter): Pick<PlannedMember, 'units'> {
    switch (member.kind) {
      case 'load':
      case 'store':
        return this.#planTransfer(member, draft);
      case 'copy':
        return this.#planCopy(member, draft);
      case 'export':
        return this.#planExport(member, draft);
      default:
        return planConvolution(member, draft, this.#target, this.#machine);
    }
  }

  /** The members up to the first layer by themselves, for its sums: what it makes is overwritten. */
  #addChainSums(stage: ChainStage & NodeOf): void {
    const planned = this.#planChain(stage.chain);
    for (const turn of planned.turnsForSums) this.#addTurn(stage, turn, planned);
  }

  #addChain(stage: ChainStage & NodeOf): void {
    const planned = this.#planChain(stage.chain);
    const firstStep = this.steps.length;
    for (const turn of planned.turns) this.#addTurn(stage, turn, planned);
    const { members } = stage.chain;
    for (const [i, member] of members.entries()) {
      if (member.kind !== 'copy' || planned.rings[i] !== null) continue;
      const ofOthers = sourcesWithin(members, i).map(({ value }) => value);
      this.#overlayCopy(member, { firstStep, lastStep: this.steps.length - 1 }, ofOthers);
    }
  }

  /** Units of a stage of a chain: in steps of their own, where rows begin anew in a ring. */
  #addTurn({ node, chain }: ChainStage & NodeOf, turn: Turn, planned: PlannedChain): void {
    const { units, argsOf } = planned.members[turn.member];
    const { result, source, other } = ringsOf(chain.members, turn.member, planned.rings);
    const member = chain.members[turn.member];
    const uses = [result, source, other];
    const running = (units ?? []).slice(turn.from, turn.to);
    const all = inLaps(
      running,
      uses.map(({ ring }) => ring),
    );
    for (const { laps, units: together } of all) {
      const [ofResult, ofSource, ofOther] = uses.map(
        ({ ring, rowBytes }, i) => -laps[i] * (ring ?? 0) * rowBytes,
      );
      if (member.kind === 'load' || member.kind === 'store') {
        const isLoad = member.kind === 'load';
        const here = { from: together[0].writes.from, to: together[together.length - 1].writes.to };
        const { ring } = isLoad ? result : source;
        this.#addTransferOfRows(member, here, {
          ring: ring as number,
          shift: isLoad ? ofResult : ofSource,
        });
        continue;
      }
      const shifts = { result: ofResult, source: ofSource, other: ofOther };
      for (const step of joinUnits(together)) this.#addStep({ node }, step, argsOf(step, shifts));
    }
  }

  #addStep({ node }: NodeOf, { stage, items, firstItem }: PlannedStep, args: Step['args']): void {
    this.steps.push({ stage, items, firstItem, args, node });
  }

  #planConvolution(stage: ConvolutionStage & NodeOf): PlannedMember {
    const { step, source, result, planar, partials, keep } = stage;
    const channels = paddedChannels(step.to.channels);
    const planned = planConvolution(stage, this.#module, this.#target, this.#machine);
    const { tiles } = planned;
    const weights = this.#weights.areChanging
      ? this.#packInRun(stage, planned)
      : this.#packBeforehand(step.weight, planned);
    if (tiles !== null) this.temporaries.push(tiles);
    this.#needScratch(planned.scratchBytes);
    if (partials !== null) partials.bytes = planned.sums * partialBytes(channels);
    const bias = this.#vector(step.bias, 0, channels);
    const behind = behindArguments(source.parts?.[1] ?? null);
    const shared = { ...sourceArguments(source), ...behind, keep, weights, bias, partials, tiles };
    const argsOf = ({ firstTileRow }: PlannedStep, shifts: Shifts) => {
      const out = planar ?? shifted(result, shifts.result);
      return inOrder<(typeof CONV_ARGS)[number], Argument>(CONV_ARGS, {
        ...shared,
        out,
        firstTileRow,
      });
    };
    return { steps: planned.steps, units: planned.units, argsOf };
  }

  /** When weights change, and not in a run. */
  #packBeforehand(weight: number, { weights, packing, fill }: PlannedConvolution): Buffer {
    this.fixed.push(weights);
    if (fill !== null) {
      const apply = (memory: WritableMemory, tensorOf: (id: number) => Tensor) =>
        fill(memory, tensorOf(weight));
      this.fills.push({ reads: [weight], apply });
    }
    if (packing === null) return weights;
    const {
      stage,
      items,
      parts = [{ stage, items, size: this.#weights.sizeOf(weight), offset: 0 }],
    } = packing;
    for (const [i, { offset, ...part }] of parts.entries()) {
      this.packings.push({ ...part, weight, isFirst: i === 0, to: { buffer: weights, offset } });
    }
    return weights;
  }

  /** Before the convolution; for those of a batch's pictures, which follow each other, once. */
  #packInRun(stage: ConvolutionStage & NodeOf, planned: PlannedConvolution): Buffer {
    const { weight } = stage.step;
    const home = this.#home(weight);
    const how = (planned.packing ?? planned.runPacking)?.stage ?? null;
    const last = this.#lastPacked;
    if (how !== null && last?.home === home && last.how === how) return last.weights;
    this.#lastPacked = { home, how, weights: planned.weights };
    const shape = this.#weights.shapeOf(weight);
    const packing = packInRun(planned, { home, shape }, this.#module);
    this.fixed.push(...packing.fixed);
    this.temporaries.push(...packing.temporaries);
    if (packing.fill !== null) this.fills.push({ reads: [], apply: packing.fill });
    this.#add(stage, packing.stage, packing.items, packing.args);
    return planned.weights;
  }

  /** Where a weight lies as it is. */
  #home(id: number): Buffer {
    const weight = this.#weights.firstView(id);
    const known = this.flatWeights.get(weight);
    if (known !== undefined) return known;
    const buffer = newBuffer(paddedChannels(this.#weights.sizeOf(weight)) * 4);
    this.addFlatWeight(weight, buffer);
    return buffer;
  }

  #add({ node }: NodeOf, handle: FunctionHandle, items: number, args: Step['args']): void {
    this.steps.push({ stage: handle, items, args, node });
  }

  /** A row of padded channels; lanes beyond the real ones have to be zero, or `fill`, and stay finite. */
  #vector(id: number | null, fill: number, channels: number): Buffer {
    const weight = id === null ? null : this.#weights.firstView(id);
    const flat = weight === null ? undefined : this.flatWeights.get(weight);
    if (flat?.bytes === channels * 4) return flat;
    const buffer = newBuffer(channels * 4);
    if (weight !== null && paddedChannels(this.#weights.sizeOf(weight)) === channels) {
      this.addFlatWeight(weight, buffer);
      return buffer;
    }
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
