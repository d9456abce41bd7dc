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
  return placeInOrder(largestFirst(buffers), start);
}

function largestFirst(buffers: readonly Buffer[]): Buffer[] {
  return [...buffers].sort((a, b) => b.bytes - a.bytes);
}

/** Each at the lowest address that those before it leave free. */
function placeInOrder(buffers: readonly Buffer[], start: number): number {
  const placed: Buffer[] = [];
  let end = start;
  for (const buffer of buffers) {
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

/** Comparisons of two buffers that looking for a tighter layout may take, about. */
const MAX_COMPARISONS = 2 ** 20;
const MAX_ORDERS = 256;

/**
 * As `layOut`, from address 0, in less where that is found: buffers of the same size, of which most files consist, take turns in being placed
 * first. The same buffers come to the same places each time.
 */
export function layOutTightly(buffers: readonly Buffer[]): number {
  const least = bytesAtOnce(buffers);
  const orders = Math.min(MAX_ORDERS, MAX_COMPARISONS / (buffers.length ** 2 + 1));
  let [best, order] = [layOut(buffers, 0), largestFirst(buffers)];
  const random = linearCongruential();
  for (let i = 0; i < orders && best > least; i++) {
    const another = largestFirst(shuffled(buffers, random));
    const end = placeInOrder(another, 0);
    if (end < best) [best, order] = [end, another];
  }
  return placeInOrder(order, 0);
}

/** No layout takes less than what lives at the same time. */
function bytesAtOnce(buffers: readonly Buffer[]): number {
  const at = (step: number) =>
    buffers
      .filter(({ first, last }) => first <= step && step <= last)
      .reduce((sum, { bytes }) => sum + align(bytes), 0);
  return Math.max(0, ...buffers.map(({ first }) => at(first)));
}

function shuffled<T>(all: readonly T[], random: (below: number) => number): T[] {
  const order = [...all];
  for (let i = order.length - 1; i > 0; i--) {
    const j = random(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** Numbers from 0 up to one that is given, the same each time. @see Knuth, "Seminumerical Algorithms", 3.2.1 */
function linearCongruential(): (below: number) => number {
  let state = 1;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
