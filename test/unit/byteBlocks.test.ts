import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteBlocks } from '../../src/platform/byteBlocks.js';

const BLOCK = 2 ** 18;
const NUMBERS = Uint8Array.from({ length: 2 * BLOCK + 12 }, (_, i) => i % 251);
const sizes = fc.oneof(
  fc.integer({ min: 0, max: 20 }),
  fc.integer({ min: 0, max: 10_000 }),
  fc.constantFrom(4095, 4096, 4097, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK),
);

it('gives back what was added, piece by piece, and replaced', () => {
  fc.assert(
    fc.property(fc.array(sizes, { maxLength: 12 }), fc.nat(), fc.nat(), (lengths, at, count) => {
      const pieces = lengths.map((length, n) => NUMBERS.subarray(n, n + length));
      const blocks = new ByteBlocks();
      for (const piece of pieces) blocks.add(piece);
      const expected = Buffer.concat(pieces);
      expect(blocks.length).toBe(expected.length);
      const from = at % (expected.length + 1);
      const other = new Uint8Array(count % (expected.length - from + 1)).fill(255);
      blocks.replace(from, other);
      expected.set(other, from);
      expect(Buffer.compare(expected, blocks.joined())).toBe(0);
      expect([blocks.length, blocks.joined().length]).toEqual([0, 0]);
    }),
    { numRuns: 60 },
  );
});

it('takes memory by what is added: a service gathers many small bodies at a time', () => {
  const before = process.memoryUsage().arrayBuffers;
  const all = Array.from({ length: 400 }, () => new ByteBlocks());
  for (const blocks of all) for (let i = 0; i < 10; i++) blocks.add(Uint8Array.of(1, 2, 3));
  const after = process.memoryUsage().arrayBuffers;
  expect(all[399].length).toBe(30);
  expect(after - before).toBeLessThan(400 * 10_000);
});
