import type { ModuleWriter } from '../../../emit/module.js';
import { align, type Buffer, layOut, layOutTightly } from '../../shared/arena.js';
import { layOutOverlaid, type Overlay } from '../../shared/overlays.js';
import { CONTROL, COUNTER_BYTES, emitDriver, RECORD_BYTES } from '../kernels/driver.js';
import { CONV_ARGS } from '../kernels/rows/stage.js';
import { inOrder, PACKING_ARGS } from '../kernels/stageArguments.js';
import type { WritableMemory } from '../writableMemory.js';
import type { Argument, Assembly, BufferPlace, FilePlace, Step } from './assembly.js';
import { type Checkpoint, placeCheckpoints } from './checkpoints.js';
import type { Machine } from './convolution/common.js';
import type { Plan } from './stages.js';
import type { StageOverlay, StageWriter } from './stageWriter.js';

/** Stages have at most as many arguments as a convolution. */
const ARGS_BYTES = CONV_ARGS.length * 4;

/** Where records and pointers are. */
interface Tables {
  readonly records: number;
  readonly args: number;
}

/**
 * Gives everything that stages were written for an address.
 * @param ends How many steps there are behind each stage.
 */
export function layOutProgram(
  plan: Plan,
  writer: StageWriter,
  module: ModuleWriter,
  { threads }: Machine,
  ends: readonly number[],
): Omit<Assembly, 'commit'> {
  const { buffers, inputs, outputs, files = [] } = plan;
  const { steps, packings, fills, fixed, flatWeights, temporaries, scratchBytes } = writer;
  noteLifetimes(steps, new Set(fixed), inputs, outputs);
  const stepCount = steps.length + packings.length;
  const records = align(CONTROL.steps + stepCount * COUNTER_BYTES);
  const tables = { records, args: align(records + stepCount * RECORD_BYTES) };
  const run = emitDriver(module, { threads, records });
  const pack = emitDriver(module, { threads: 1, records });
  const fixedStart = align(tables.args + stepCount * ARGS_BYTES);
  const working = layOutInTurn(fixed, fixedStart);
  const checkpoints = checkpointsOf(plan, writer, ends);
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
    files: new Set(files),
    working: { start: working, end: workingEnd },
    scratch,
    fileBytes: layOutTightly(files),
    checkpoints,
    constants: [
      { start: records, end: records + steps.length * RECORD_BYTES },
      { start: tables.args, end: tables.args + steps.length * ARGS_BYTES },
      { start: fixedStart, end: working },
    ],
    bytes: workingEnd + threads * scratch.bytes,
  };
}

function checkpointsOf(
  { buffers, inputs, files = [], checkpoints = 'none' }: Plan,
  { steps, temporaries }: StageWriter,
  ends: readonly number[],
): readonly Checkpoint[] {
  if (checkpoints === 'none' || files.length === 0) return [];
  const memory = [...buffers, ...temporaries].filter((buffer) => !inputs.includes(buffer));
  const trafficOf = (step: number) => steps[step].traffic ?? 0;
  return placeCheckpoints({ ends, trafficOf, memory, files }, checkpoints === 'each');
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
