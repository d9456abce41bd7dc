import { vectorsOf } from '../../plan/source.js';
import { MERGE, PART_ROWS, type Parts, writePart } from '../statistics.js';
import type { Tile } from './tile.js';

/** Threads of a workgroup, over vectors of channels and over pixels. */
type Threads = Pick<Tile, 'across' | 'down'>;

/** Declarations for `leavePart`. */
export function partMemory({ across, down }: Threads): string[] {
  return [MERGE, `var<workgroup> shared_: array<Part, ${across * down}>;`];
}

/**
 * Statements by which a workgroup leaves a part of the statistics of what it has stored, of vector `channel`: each thread
 * makes one of its own vectors, and the first row of threads merges those below.
 * @param values Expressions of the stored vectors of a thread, and whether each lies within the value.
 */
export function leavePart(
  { across, down }: Threads,
  outChannels: number,
  channel: string,
  values: readonly { readonly value: string; readonly isInside: string }[],
  index: string,
): string {
  const vectors = vectorsOf(outChannels);
  const total = (of: (value: string) => string) =>
    values.map(({ value, isInside }) => `select(vec4f(0), ${of(value)}, ${isInside})`).join(' + ');
  return `  {
    let count = ${values.map(({ isInside }) => `select(0f, 1f, ${isInside})`).join(' + ')};
    let pivot = ${values[0].value};
    let mean = (${total((value) => `${value} - pivot`)}) / max(count, 1);
    let squares = ${total((value) => `(${value} - pivot - mean) * (${value} - pivot - mean)`)};
    workgroupBarrier();
    shared_[row * ${across}u + column] = Part(count, pivot, mean, squares);
    workgroupBarrier();
    let c = ${channel};
    if (row == 0 && c < ${vectors}u) {
      var part = shared_[column];
      for (var other = 1u; other < ${down}u; other++) { part = merged(part, shared_[other * ${across}u + column]); }
      ${writePart(vectors, index, 'part')}
    }
  }`;
}

/** Floats of the statistics' parts of a value. */
export function partFloats({ count }: Pick<Parts, 'count'>, channels: number): number {
  return count * PART_ROWS.number * vectorsOf(channels) * 4;
}
