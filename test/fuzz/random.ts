import type { Part } from '../support/pickles.js';

/** Whole numbers from 0 up to `below`, the same for the same start. */
export type Random = (below: number) => number;

/** Mulberry32, by Tommy Ettinger. */
export function seededRandom(start: number): Random {
  let state = start >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

export const pick = <T>(items: readonly T[], random: Random): T => items[random(items.length)];

/** Numbers at which readers go wrong. */
export const EDGES = [
  0n,
  1n,
  -1n,
  127n,
  128n,
  255n,
  65535n,
  65536n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 62n,
  2n ** 63n - 1n,
];

/** LONG1 of a number at its edge. */
export function edge(random: Random): Part {
  return [0x8a, 8, little(pick(EDGES, random), 8)];
}

/** The lowest bytes of a number, little-endian. */
export function little(value: bigint, width: number): Uint8Array {
  return Uint8Array.from({ length: width }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
}

/** A list with items swapped, doubled, moved, left out, or replaced with others. */
export function rearranged<T>(items: readonly T[], random: Random, other: () => T): T[] {
  const out = [...items];
  const at = random(out.length + 1);
  const from = random(Math.max(1, out.length));
  const count = 1 + random(3);
  const changes: (() => unknown)[] = [
    () => out.splice(at, 0, ...out.slice(from, from + count)),
    () => out.splice(at, 0, ...out.splice(from, count)),
    () => out.splice(from, count),
    () => out.splice(at, 0, other()),
    () => out.splice(from, 1, other()),
    () => {
      if (at < out.length) [out[at], out[from]] = [out[from], out[at]];
    },
  ];
  pick(changes, random)();
  return out;
}
