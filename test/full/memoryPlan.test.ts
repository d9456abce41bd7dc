import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Buffer, newBuffer } from '../../src/engine/shared/arena.js';
import { layOutOverlaid } from '../../src/engine/shared/overlays.js';
import {
  BudgetError,
  budgetOf,
  economiesFor,
  withLeastEconomy,
} from '../../src/engine/wasm/budget.js';
import { evenRows, scheduleChain } from '../../src/engine/wasm/plan/rowChain.js';
import {
  inBands,
  overlayDistance,
  type RowUnit,
  rowsInside,
} from '../../src/engine/wasm/plan/rowUnits.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { compile, leastMemory, traceGraph } from '../../src/nn/compile.js';
import { ReLU } from '../../src/nn/relu.js';
import { Tensor } from '../../src/tensor/tensor.js';

const stage = { index: 0, exportName: 'stage' };

/** A layer of `height` rows that reads `reach` rows above and below, `rows` rows at a time. */
function layer(height: number, rows: number, reach: number, steps: number): RowUnit[] {
  return Array.from({ length: Math.ceil(height / rows) }, (_, i) => {
    const [from, to] = [i * rows, Math.min(height, (i + 1) * rows)];
    const step = { stage, firstItem: i, items: 1, firstTileRow: 0 };
    return {
      steps: new Array(steps).fill(step),
      // In rows with the border.
      reads: { from, to: to + 2 * reach },
      writes: { from, to },
    };
  });
}

const border = (reach: number) => {
  return { mode: 'reflect', left: 0, right: 0, top: reach, bottom: reach } as const;
};

const layers = fc.record({
  height: fc.integer({ min: 9, max: 90 }),
  rows: fc.integer({ min: 1, max: 7 }),
  reach: fc.integer({ min: 0, max: 3 }),
});

describe('a picture that becomes twice as high', () => {
  it('takes less memory than its own floats, which come from the scratch file and go there', async () => {
    const netG = new ResNetGenerator(3, 3, 8, 1).eval();
    const leastOf = (height: number) =>
      leastMemory(netG, { inputShape: [1, 3, height, 256], engine: 'wasm', scratch: '.' });
    const [low, high] = [(await leastOf(2000)) ?? 0, (await leastOf(4000)) ?? 0];
    expect(low).toBeGreaterThan(0);
    expect(high - low).toBeLessThan(4 * 2000 * 256);
  });
});

describe('rows of a chain', () => {
  it('are in memory when they are read, in rings that are no larger than they have to be', () => {
    fc.assert(
      fc.property(
        layers,
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 9 }),
        ({ height, rows, reach }, firstRows, most) => {
          const source = { height, border: border(reach) };
          const writer = layer(height, firstRows, 0, 1);
          const reader = layer(height, rows, reach, 1);
          const needs = reader.map(({ reads }) => rowsInside(source, reads));
          const members = [
            { units: writer, sources: [], most },
            { units: reader, sources: [{ member: 0, needs }], most },
          ];
          const { turns, rings } = scheduleChain(members);
          const ring = rings[0] ?? 0;
          expect(evenRows(writer)).toBe(Math.min(firstRows, height));
          const held = new Array<number>(ring).fill(-1);
          const order: number[] = [];
          for (const { member, from, to } of turns) {
            for (let unit = from; unit < to; unit++) {
              if (member === 0) {
                const { writes } = writer[unit];
                for (let y = writes.from; y < writes.to; y++) held[y % ring] = y;
              } else {
                for (let y = needs[unit].from; y < needs[unit].to; y++)
                  expect(held[y % ring]).toBe(y);
                order.push(unit);
              }
            }
          }
          expect(order).toEqual(reader.map((_, unit) => unit));
          // A turn of the first layer, what the second waits for, and rows that it reads again.
          const least = most * firstRows + (rows + 2 * reach) + firstRows;
          expect(ring).toBeLessThanOrEqual(Math.max(least, firstRows));
        },
      ),
    );
  });
});

describe('a result in the place of its source', () => {
  it('overwrites no row that is still to be read, and lies no farther away than that', () => {
    const sizes = fc.record({
      source: fc.integer({ min: 1, max: 9 }),
      result: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(layers, fc.boolean(), sizes, ({ height, rows, reach }, isSplit, rowBytes) => {
        const source = { height, border: border(reach) };
        const bands = inBands(layer(height, rows, reach, isSplit ? 2 : 1), 1);
        const distance = overlayDistance(source, bands, rowBytes);
        const clashes = (apart: number) =>
          bands.some((band, index) => {
            const end = Math.max(...band.map(({ writes }) => writes.to)) * rowBytes.result;
            // Where a unit has several steps, it writes once it has read.
            const later = bands.slice(isSplit ? index + 1 : index).flat();
            const needed = later.map(({ reads }) => rowsInside(source, reads).from);
            return needed.some((row) => end > apart + row * rowBytes.source);
          });
        expect(clashes(distance)).toBe(false);
        if (distance > 0) expect(clashes(distance - 1)).toBe(true);
      }),
    );
  });

  it('is laid out so that no others that live at the same time collide', () => {
    const buffers = fc.array(
      fc.record({
        bytes: fc.integer({ min: 1, max: 4000 }),
        first: fc.nat(12),
        length: fc.nat(6),
        // Which one before it takes its place, if any.
        source: fc.nat(20),
        distance: fc.nat(3000),
      }),
      { minLength: 1, maxLength: 16 },
    );
    fc.assert(
      fc.property(buffers, (drawn) => {
        const all: Buffer[] = drawn.map(({ bytes, first, length }) => {
          return { ...newBuffer(bytes), first, last: first + length };
        });
        const overlays = drawn.flatMap(({ source, distance }, i) => {
          const isLast = all[source]?.last === all[i].first && source !== i;
          return isLast ? [{ source: all[source], result: all[i], distance }] : [];
        });
        const end = layOutOverlaid(all, overlays, 64);
        for (const [i, a] of all.entries()) {
          expect(a.address).toBeGreaterThanOrEqual(64);
          expect(a.address + a.bytes).toBeLessThanOrEqual(end);
          for (const b of all.slice(i + 1)) {
            if (a.first > b.last || b.first > a.last) continue;
            if (a.address >= b.address + b.bytes || b.address >= a.address + a.bytes) continue;
            const apart = overlays.some(
              ({ source, result, distance }) =>
                [a, b].includes(source) &&
                [a, b].includes(result) &&
                source.address - result.address >= distance,
            );
            expect(apart).toBe(true);
          }
        }
      }),
    );
  });
});

describe('an economy', () => {
  const graph = traceGraph(new ReLU(), [1, 1, 30, 40]);
  const needs = { none: 900, overlays: 700, chains: 400, scratch: 300 };
  const chosen = (most: number, aim: number, bytes = needs) =>
    withLeastEconomy(
      graph,
      economiesFor(undefined, false),
      { most, aim },
      async (economy, allowed) => {
        if (bytes[economy] > allowed) throw new BudgetError(bytes[economy]);
        return economy;
      },
    );

  it('is the first with which a program has no more than is aimed at', async () => {
    expect(await chosen(1000, 1000)).toBe('none');
    expect(await chosen(1000, 800)).toBe('overlays');
    expect(await chosen(400, 400)).toBe('chains');
  });

  it('is else the one that saves most, if there is so much memory', async () => {
    expect(await chosen(1000, 10)).toBe('chains');
    expect(await chosen(1000, 10, { ...needs, overlays: 300 })).toBe('overlays');
    await expect(chosen(399, 10)).rejects.toThrow(/40 x 30 needs at least 1 MB of memory/);
  });

  it('is none, whatever is free, for a caller that names no limit', () => {
    expect(budgetOf(Number.POSITIVE_INFINITY).aim).toBe(budgetOf(Number.POSITIVE_INFINITY).most);
    expect(budgetOf(null).aim).toBeLessThanOrEqual(512e6);
    expect(budgetOf(null).most).toBe(budgetOf(Number.POSITIVE_INFINITY).most);
    expect(budgetOf(1e6)).toEqual({ most: 1e6, aim: 1e6 });
  });
});

describe('a budget', () => {
  const inputShape = [1, 3, 4096, 24];
  const how = { engine: 'wasm', threads: 1, inputShape } as const;
  const netG = new ResNetGenerator(3, 3, 8, 1).eval();

  it('that is too small is refused with the least, with which it runs, bit for bit', async () => {
    const input = Tensor.full(inputShape, 0.5);
    for (let i = 0; i < input.size; i++) input.data[i] = Math.sin(i * i);
    // Whatever is free on this machine.
    const free = await compile(netG, { ...how, memory: Number.POSITIVE_INFINITY });
    const expected = await free.run(input);
    const refusal = await compile(netG, { ...how, memory: 1 }).catch((error) => error);
    expect(refusal).toMatchObject({ code: 'ERR_TOO_LARGE' });
    const megabytes = Number(
      /24 x 4096 needs at least (\d+) MB of memory/.exec(refusal.message)?.[1],
    );
    const memory = megabytes * 1e6;
    const tight = await compile(netG, { ...how, memory });
    expect(tight.memoryBytes).toBeLessThanOrEqual(memory);
    expect(tight.memoryBytes).toBeLessThan(0.95 * free.memoryBytes);
    expect((await tight.run(input)).data).toEqual(expected.data);
    free.dispose();
    tight.dispose();
    await expect(compile(netG, { ...how, memory: memory - 1e6 })).rejects.toThrow(/needs at least/);
  });

  it('that is the least is known to the byte before anything is compiled', async () => {
    const least = (await leastMemory(netG, how)) as number;
    const tight = await compile(netG, { ...how, memory: least });
    expect(tight.memoryBytes).toBe(least);
    tight.dispose();
    await expect(compile(netG, { ...how, memory: least - 1 })).rejects.toThrow(/needs at least/);
    expect(await leastMemory(netG, { ...how, engine: 'js' })).toBeNull();
  });

  it.each([0, -1, Number.NaN, '64M'])('of %s bytes is none', async (memory) => {
    const refused = compile(netG, { ...how, memory: memory as number });
    await expect(refused).rejects.toMatchObject({ code: 'ERR_SHAPE' });
  });

  it('is one of the economies that there are', async () => {
    const refused = compile(netG, { ...how, economy: 'thrift' });
    await expect(refused).rejects.toMatchObject({ code: 'ERR_UNKNOWN_VARIANT' });
  });
});
