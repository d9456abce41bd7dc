import { type Code, drop, f32x4, i32, v128 } from '../../../emit/code.js';
import type { FunctionWriter, Local } from '../../../emit/module.js';

/** What the machine code may use, and how products are cut into registers. */
export interface Target {
  /** Relaxed SIMD's fused multiply-add. */
  readonly fma: boolean;
  /** Whether the compiler joins vectors that are worked on and stored side by side. */
  readonly joins: boolean;
  readonly tile: Tile;
}

/** A register block of the matrix product: `rows` pixels by `vectors` times four output channels. */
export interface Tile {
  readonly rows: number;
  readonly vectors: number;
  /** Steps along K in one turn of the innermost loop. */
  readonly unroll: number;
  /** Whether arithmetic is kept ahead of the loads that follow it (`schedulingBarrier.ts`): products of a row, transforms of a column. */
  readonly isScheduled: boolean;
}

/** `a · b + c` for four floats at a time. */
export function multiplyAdd(target: Target, a: Code, b: Code, c: Code): Code {
  return target.fma ? f32x4.relaxedMadd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/**
 * Whether products of a left factor from beyond the L2 cache fetch it ahead of time. Narrow code with short turns does not:
 * an instruction more in each costs as much as it saves.
 */
export function fetchesAhead({ joins, tile }: Target): boolean {
  return joins || tile.isScheduled;
}

/**
 * Fetches a line of memory that will be needed. A load whose value is not used is not left out: it could lie beyond the end of
 * memory, which a program would have to notice.
 */
export function fetchLine(f: FunctionWriter, address: Code, offset: number): void {
  f.emit(i32.load(address, offset), drop);
}

/** Vectors at a time, where there are `floats` to go through: two where the compiler joins them. */
export function vectorsAtATime({ joins }: Target, floats: number): number {
  return joins && floats % 8 === 0 ? 2 : 1;
}

/**
 * Stores vectors one after the other. V8 begins with two neighbouring stores where it joins vectors, and goes up from there.
 * The upper one comes first: in the other order, it writes the lower half twice, once for itself.
 */
export function storeSideBySide(
  f: FunctionWriter,
  address: Local,
  vectors: readonly Local[],
  offset: number,
): void {
  for (let v = 0; v < vectors.length; v += 2) {
    for (const [i, vector] of [...vectors.slice(v, v + 2).entries()].reverse()) {
      f.emit(v128.store(address.value, vector.value, offset + 16 * (v + i)));
    }
  }
}

/** Vectors that one turn of a loop moves, where there are as many. */
const MOVED_VECTORS = 8;

/** Moves so many floats, a multiple of 4, and both pointers behind them. */
export function emitMove(f: FunctionWriter, from: Local, to: Local, floats: number): void {
  let vectors = MOVED_VECTORS;
  while (floats % (4 * vectors) !== 0) vectors /= 2;
  f.repeat(f.local('i32'), floats, 4 * vectors, () => {
    for (let v = 0; v < vectors; v++) {
      f.emit(v128.store(to.value, v128.load(from.value, 16 * v), 16 * v));
    }
    for (const pointer of [from, to]) {
      f.emit(pointer.set(i32.add(pointer.value, i32.const(16 * vectors))));
    }
  });
}
