import type { Buffer } from '../../../shared/arena.js';
import type { BufferPlace } from '../assembly.js';
import type { Source } from '../source.js';

/** What a stage reads a source from: the value itself, and the operands of what is still to be applied to it. */
export function sourceArguments({ buffer, norm, other }: Source) {
  return { src: buffer, norm, other };
}

export function shifted<T extends Buffer | null>(buffer: T, offset: number): T | BufferPlace {
  return buffer === null || offset === 0 ? buffer : { buffer, offset };
}

export const rowInItsPlace = (y: number) => ({
  reads: { from: y, to: y + 1 },
  writes: { from: y, to: y + 1 },
});
