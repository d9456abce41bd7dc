import type { Buffer } from '../../shared/arena.js';
import type { Source } from './source.js';
import type { Stage } from './stages.js';

/** What a stage has besides; what lies in a file is not in memory. */
const NO_BUFFERS: ReadonlySet<string> = new Set(['node', 'step', 'file']);

/** The buffers in memory that a stage reads or writes. */
export function buffersOf(stage: Stage): Buffer[] {
  if (stage.kind === 'chain' || stage.kind === 'chainSums') {
    return stage.chain.members.flatMap(buffersOf);
  }
  // What goes out as planes is nowhere as pixels.
  const unused = stage.kind === 'convolution' && stage.planar !== null ? 'result' : null;
  return Object.entries(stage).flatMap(([name, value]) =>
    NO_BUFFERS.has(name) || name === unused ? [] : buffersIn(value),
  );
}

function buffersIn(value: unknown): Buffer[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(buffersIn);
  if (isBuffer(value)) return [value];
  // A source, perhaps of several, or places of sums.
  return Object.values(value).flatMap((part) =>
    Array.isArray(part) || (typeof part === 'object' && part !== null && isBuffer(part))
      ? buffersIn(part)
      : [],
  );
}

function isBuffer(value: object): value is Buffer {
  return 'address' in value && 'bytes' in value;
}

/** Of each buffer, the first and the last of the stages that read or write it. */
export function stageLifetimes(
  stages: readonly Stage[],
): Map<Buffer, { readonly first: number; readonly last: number }> {
  const lifetimes = new Map<Buffer, { readonly first: number; readonly last: number }>();
  for (const [index, stage] of stages.entries()) {
    for (const buffer of buffersOf(stage)) {
      lifetimes.set(buffer, { first: lifetimes.get(buffer)?.first ?? index, last: index });
    }
  }
  return lifetimes;
}

/** Whether each row of a source depends on one row of its buffer. */
export function isUntouched({ isPlanar, fold, parts }: Source): boolean {
  return !isPlanar && fold === null && parts === undefined;
}
