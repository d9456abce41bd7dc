import { type Code, f32x4 } from '../../../emit/code.js';

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
}

/** `a · b + c` for four floats at a time. */
export function multiplyAdd(target: Target, a: Code, b: Code, c: Code): Code {
  return target.fma ? f32x4.relaxedMadd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** Vectors at a time, where there are `floats` to go through: two where the compiler joins them. */
export function vectorsAtATime({ joins }: Target, floats: number): number {
  return joins && floats % 8 === 0 ? 2 : 1;
}
