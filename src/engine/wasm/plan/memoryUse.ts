import type { Buffer } from '../../shared/arena.js';
import { isUntouched, stageLifetimes } from './stageBuffers.js';
import type { ChainedStage, ConvolutionStage, RowChain, Stage } from './stages.js';

/** Methods whose rows can be made in their order. */
const BANDED = new Set([
  'columns',
  'fewOutputs',
  'implicitGemm',
  'stride1',
  'stride1By4',
  'stride2',
  'transposed2',
  'stride2By4',
]);

/** Whether a convolution's rows can be made in their order, of rows of its source. */
export function isBandable({ method, step, keep, source }: ConvolutionStage): boolean {
  return BANDED.has(method.name) && step.groups === 1 && keep === null && source.fold === null;
}

/** What stages take of memory, about. */
export interface MemoryUse {
  /** Where most is in use. */
  readonly bytes: number;
  /** The values that live there. */
  readonly alive: ReadonlySet<Buffer>;
  /** How much more than a goal stages take, added up. */
  readonly excess: number;
}

/** What values take as stages run. Those within chains take none. */
export function memoryUse(stages: readonly Stage[], goal = Number.POSITIVE_INFINITY): MemoryUse {
  const within = new Set(
    stages.flatMap((stage) => ('chain' in stage ? valuesWithin(stage.chain) : [])),
  );
  const all = stageLifetimes(stages);
  const lifetimes = [...all].filter(([buffer]) => !within.has(buffer));
  const aliveAt = (index: number) =>
    lifetimes.filter(([, { first, last }]) => first <= index && index <= last);
  const isLast = (buffer: Buffer, index: number) => all.get(buffer)?.last === index;
  const bytesAt = (index: number) =>
    aliveAt(index).reduce((sum, [{ bytes }]) => sum + bytes, 0) -
    overlaidBytes(stages[index], (buffer) => isLast(buffer, index));
  let [peak, most, excess] = [0, -1, 0];
  for (const index of stages.keys()) {
    const bytes = bytesAt(index);
    excess += Math.max(0, bytes - goal);
    if (bytes > most) [peak, most] = [index, bytes];
  }
  return { bytes: most, alive: new Set(aliveAt(peak).map(([buffer]) => buffer)), excess };
}

/** How much of what a stage makes takes the place of what it reads for the last time. */
function overlaidBytes(stage: Stage, isLast: (buffer: Buffer) => boolean): number {
  if (stage.kind === 'copy') {
    const { inPlaceOf = [], to } = stage;
    return inPlaceOf.some((read) => read.bytes === to.bytes && isLast(read)) ? to.bytes : 0;
  }
  if (stage.kind !== 'convolution' || !isBandable(stage) || stage.planar !== null) return 0;
  const { source, result } = stage;
  const isOverlaid = isUntouched(source) && source.other === null && isLast(source.buffer);
  return isOverlaid ? Math.min(source.buffer.bytes, result.bytes) : 0;
}

/** Values that members of a chain make for others of it, and what is in memory of those in the scratch file. */
export function valuesWithin({ members }: RowChain): Buffer[] {
  const made = new Set(members.flatMap(madeBy));
  const read = new Set(members.flatMap(readBy));
  return [...made].filter((buffer) => read.has(buffer));
}

/** What a member of a chain makes row by row. */
export function madeBy(member: ChainedStage): Buffer[] {
  switch (member.kind) {
    case 'convolution':
      return [member.planar ?? member.result];
    case 'export':
      return [member.planar];
    case 'import':
    case 'copy':
      return [member.to];
    case 'load':
      return [member.memory];
    case 'store':
      return [];
  }
}

/** What it reads row by row. */
export function readBy(member: ChainedStage): Buffer[] {
  if (member.kind === 'load') return [];
  if (member.kind === 'store') return [member.memory];
  if (member.kind === 'import') return [member.planar];
  const { buffer, other } = member.source;
  return other === null || member.kind === 'convolution' ? [buffer] : [buffer, other];
}
