import { constants } from 'node:zlib';
import fc from 'fast-check';
import { expect } from 'vitest';
import { type Inflated, inflateZlibPieces } from '../../src/platform/inflate.js';
import { JoinedBytes } from '../../src/platform/randomBytes.js';

/** What streams hold: runs, repetitions and noise, for all kinds of symbols. */
export const content = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.tuple(fc.nat(255), fc.nat(2000)).map(([v, n]) => new Uint8Array(n).fill(v)),
      fc.tuple(fc.uint8Array({ maxLength: 9 }), fc.nat(300)).map(([bytes, n]) => {
        return Uint8Array.from({ length: bytes.length * n }, (_, i) => bytes[i % bytes.length]);
      }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));

/** How zlib packs it. */
export const settings = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  windowBits: fc.integer({ min: 9, max: 15 }),
  strategy: fc.constantFrom(
    constants.Z_DEFAULT_STRATEGY,
    constants.Z_FIXED,
    constants.Z_HUFFMAN_ONLY,
  ),
});

/** Of data that lie in parts of 997 bytes, with little memory for what comes out. */
export function inflateInPieces(data: Uint8Array, size: number): Inflated {
  const windows = Array.from({ length: Math.ceil(data.length / 997) }, (_, i) => {
    return { at: 997 * i, length: Math.min(997, data.length - 997 * i) };
  });
  const pieces: Uint8Array[] = [];
  const { count, ...told } = inflateZlibPieces(
    new JoinedBytes(data, windows),
    size,
    (piece) => pieces.push(piece.slice()),
    40_000,
  );
  const bytes = new Uint8Array(Buffer.concat(pieces));
  expect(bytes.length).toBe(count);
  return { bytes, ...told };
}
