import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ALIGNMENT,
  type Buffer,
  layOut,
  layOutTightly,
  newBuffer,
} from '../../src/engine/shared/arena.js';

/** Of so many units, alive from one step to another. */
function buffer(units: number, first: number, last: number): Buffer {
  return { ...newBuffer(units * ALIGNMENT), first, last };
}

function expectApart(buffers: readonly Buffer[], end: number): void {
  for (const [i, a] of buffers.entries()) {
    expect(a.address).toBeGreaterThanOrEqual(0);
    expect(a.address + a.bytes).toBeLessThanOrEqual(end);
    for (const b of buffers.slice(0, i)) {
      const isTogether = a.first <= b.last && b.first <= a.last;
      const isApart = a.address + a.bytes <= b.address || b.address + b.bytes <= a.address;
      expect(!isTogether || isApart).toBe(true);
    }
  }
}

describe('a tighter layout', () => {
  it('keeps what lives at the same time apart, takes no more, and is the same each time', () => {
    const one = fc
      .tuple(fc.integer({ min: 1, max: 9 }), fc.nat({ max: 30 }), fc.nat({ max: 9 }))
      .map(([units, first, length]) => buffer(units, first, first + length));
    fc.assert(
      fc.property(fc.array(one, { maxLength: 12 }), (buffers) => {
        const end = layOutTightly(buffers);
        expectApart(buffers, end);
        const places = buffers.map(({ address }) => address);
        expect(end).toBeLessThanOrEqual(layOut(buffers, 0));
        expect(layOutTightly(buffers)).toBe(end);
        expect(buffers.map(({ address }) => address)).toEqual(places);
      }),
    );
  });

  it('of a generator with six blocks is no more than what lives at the same time', () => {
    // Half resolution at both ends, and between them each block's input, what its first layer makes, and its result.
    const blocks = Array.from({ length: 6 }, (_, i) => {
      const step = 3 + 3 * i;
      return [
        buffer(2, step - 1, step + 2),
        buffer(2, step, step + 1),
        buffer(2, step + 1, step + 2),
      ];
    }).flat();
    const ends = [buffer(1, 0, 0), buffer(4, 0, 1), buffer(2, 1, 2), buffer(2, 20, 21)];
    const buffers = [...ends, ...blocks, buffer(4, 21, 23), buffer(1, 22, 24)];
    expect(layOut(buffers, 0)).toBe(8 * ALIGNMENT);
    const end = layOutTightly(buffers);
    expect(end).toBe(6 * ALIGNMENT);
    expectApart(buffers, end);
  });
});
