/** A piece of the program's memory that lives from one step to another. */
export interface Buffer {
  bytes: number;
  /** Steps that first and last touch it. */
  first: number;
  last: number;
  /** Known once the plan is laid out. */
  address: number;
}

export function newBuffer(bytes: number): Buffer {
  return { bytes, first: Number.POSITIVE_INFINITY, last: -1, address: 0 };
}

/** Vectors are aligned, and neighbours do not share a cache line between threads. */
export const ALIGNMENT = 64;

export function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/**
 * Gives buffers places such that those that live at the same time do not overlap: the largest first,
 * each at the lowest address that is free for as long as it lives.
 *
 * @returns The end of the area.
 */
export function layOut(buffers: readonly Buffer[], start: number): number {
  const placed: Buffer[] = [];
  let end = start;
  for (const buffer of [...buffers].sort((a, b) => b.bytes - a.bytes)) {
    const neighbours = placed
      .filter((other) => other.first <= buffer.last && buffer.first <= other.last)
      .sort((a, b) => a.address - b.address);
    let address = start;
    for (const other of neighbours) {
      if (other.address >= address + buffer.bytes) break;
      address = Math.max(address, align(other.address + other.bytes));
    }
    buffer.address = address;
    placed.push(buffer);
    end = Math.max(end, address + buffer.bytes);
  }
  return align(end);
}
