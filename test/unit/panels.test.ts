import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { panelRanges } from '../../src/engine/wasm/kernels/gemm/panels.js';
import { groupWidths } from '../../src/engine/wasm/kernels/winograd/shape.js';

/** What `groupWidths` reads of a shape. */
type Shape = Parameters<typeof groupWidths>[0];

const cases = fc.record({
  vectors: fc.integer({ min: 1, max: 8 }),
  joins: fc.boolean(),
  blocks: fc.integer({ min: 1, max: 100 }),
  groupPanels: fc.integer({ min: 1, max: 9 }),
});

describe('panels of output channels', () => {
  it('cover all channels, one after the other, none wider than a register block', () => {
    fc.assert(
      fc.property(cases, ({ vectors, joins, blocks }) => {
        const target = {
          fma: true,
          joins,
          tile: { rows: 1, vectors, unroll: 1, isScheduled: false },
        };
        let end = 0;
        for (const { first, width } of panelRanges(target, 4 * blocks)) {
          expect(first).toBe(end);
          expect(width).toBeGreaterThan(0);
          expect(width).toBeLessThanOrEqual(4 * vectors);
          end += width;
        }
        expect(end).toBe(4 * blocks);
      }),
    );
  });

  it('are the same for groups, each by itself, as for all channels, which is how kernels are packed', () => {
    fc.assert(
      fc.property(cases, ({ vectors, joins, blocks, groupPanels }) => {
        const target = {
          fma: true,
          joins,
          tile: { rows: 1, vectors, unroll: 1, isScheduled: false },
        };
        const shape = { out: { channels: 4 * blocks }, groupPanels } as Shape;
        const widths = (n: number) => panelRanges(target, n).map(({ width }) => width);
        expect(groupWidths(shape, target).flatMap(widths)).toEqual(widths(4 * blocks));
      }),
    );
  });
});
