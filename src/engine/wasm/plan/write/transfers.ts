import type { Buffer } from '../../../shared/arena.js';
import { inOrder } from '../../kernels/stageArguments.js';
import type { Argument, Step } from '../assembly.js';
import { unitsByItem } from '../convolution/common.js';
import type { PlannedMember } from '../plannedMember.js';
import type { Rows } from '../rowUnits.js';
import type { TransferStage } from '../stages.js';
import type { NodeOf, StageWriter } from '../stageWriter.js';
import { rowsAtATime, TRANSFER, TRANSFER_ARGS, wholeItemBytes } from '../transfer.js';

/** How many numbers a word can be. */
const WORD = 2 ** 32;

interface Transfer {
  readonly memory: Argument;
  readonly file: Buffer;
  readonly offset: number;
  readonly itemBytes: number;
  readonly bytes: number;
  readonly planes: number;
  readonly memoryStride: number;
  /** Bytes from a plane to the next in the file. */
  readonly stride: number;
  readonly isStore: boolean;
}

function transferArguments({ file, offset, stride, isStore, ...rest }: Transfer): Argument[] {
  const [low, high] = [
    { file, offset, half: 'low' },
    { file, offset, half: 'high' },
  ] as const;
  const strides = { strideLow: stride % WORD, strideHigh: Math.floor(stride / WORD) };
  const args = { ...rest, ...strides, low, high, isStore: isStore ? 1 : 0 };
  return inOrder<(typeof TRANSFER_ARGS)[number], Argument>(TRANSFER_ARGS, args);
}

/** Rows that go to the scratch file, or come from there: those that come, some at a time. */
export function planTransfer(
  writer: StageWriter,
  { kind, rows }: TransferStage,
  module = writer.module,
): PlannedMember {
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
export function writeTransferOfRows(
  writer: StageWriter,
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
    stride: height * rowBytes,
    isStore: kind === 'store',
  });
  addTransfer(writer, { node, args, items: Math.ceil(bytes / itemBytes), traffic: bytes * planes });
}

/** All of a value. */
export function writeTransfer(
  writer: StageWriter,
  { node, kind, memory, file, rows }: TransferStage & NodeOf,
): void {
  const bytes = rows.height * rows.rowBytes * rows.planes;
  const itemBytes = wholeItemBytes(bytes, writer.machine.threads);
  const isStore = kind === 'store';
  const strides = { planes: 1, memoryStride: bytes, stride: bytes };
  const args = transferArguments({
    memory,
    file,
    offset: 0,
    itemBytes,
    bytes,
    ...strides,
    isStore,
  });
  addTransfer(writer, { node, args, items: Math.ceil(bytes / itemBytes), traffic: bytes });
}

function addTransfer({ steps, module }: StageWriter, step: Omit<Step, 'stage'>): void {
  steps.push({ stage: module.imported(TRANSFER), ...step });
}
