import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Buffer, layOut, newBuffer } from '../../src/engine/shared/arena.js';
import { placeCheckpoints } from '../../src/engine/wasm/plan/checkpoints.js';

const MEGABYTE = 2 ** 20;

/** A stage of so many steps for each number, and values that live from step to step. */
const plans = fc.record({
  stages: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 12 }),
  values: fc.array(
    fc.record({
      megabytes: fc.integer({ min: 1, max: 200 }),
      first: fc.nat(30),
      length: fc.nat(12),
      isInFile: fc.boolean(),
    }),
    { minLength: 1, maxLength: 20 },
  ),
});

describe('checkpoints of a plan', () => {
  it('find all that later steps read: in the file, or kept from memory', () => {
    fc.assert(
      fc.property(plans, fc.boolean(), ({ stages, values }, isEach) => {
        const ends = stages.map((_, i) => stages.slice(0, i + 1).reduce((a, b) => a + b, 0));
        const end = ends[ends.length - 1];
        const made = values
          .filter(({ first }) => first < end)
          .map(({ megabytes, first, length, isInFile }) => {
            const last = Math.min(end - 1, first + length);
            const value = { ...newBuffer(megabytes * MEGABYTE), first, last };
            return { value, isInFile, read: last };
          });
        const files = made.filter(({ isInFile }) => isInFile).map(({ value }) => value);
        const memory = made.filter(({ isInFile }) => !isInFile).map(({ value }) => value);
        const trafficOf = (step: number) =>
          files.filter(({ first }) => first === step).reduce((sum, { bytes }) => sum + bytes, 0);
        const checkpoints = placeCheckpoints({ ends, trafficOf, memory, files }, isEach);
        layOut(files, 0);
        for (const [i, { step, memory: kept }] of checkpoints.entries()) {
          expect(ends).toContain(step);
          const next = checkpoints[i + 1]?.step ?? end;
          const isNeeded = ({ first }: Buffer, read: number) => first < step && read >= step;
          for (const { value, isInFile, read } of made) {
            if (!isNeeded(value, read)) continue;
            if (!isInFile) expect(kept).toContain(value);
            // Nothing that is written up to the next checkpoint lies in its place.
            const others = files.filter(
              (other) => other !== value && other.first < next && other.last >= step,
            );
            for (const other of isInFile ? others : []) {
              const isBehind = other.address >= value.address + value.bytes;
              expect(isBehind || other.address + other.bytes <= value.address).toBe(true);
            }
          }
          expect(kept.every((value) => isNeeded(value, value.last))).toBe(true);
        }
        if (isEach) expect(checkpoints).toHaveLength(ends.length - 1);
      }),
    );
  });

  it('are where they cost little: where much went to the file, and little is in memory', () => {
    const value = { ...newBuffer(200 * MEGABYTE), first: 0, last: 3 };
    const small = { ...newBuffer(MEGABYTE), first: 1, last: 3 };
    const places = { ends: [1, 2, 3, 4], trafficOf: () => 100 * MEGABYTE, files: [value] };
    const steps = (memory: readonly Buffer[]) =>
      placeCheckpoints({ ...places, memory }, false).map(({ step }) => step);
    expect(steps([small])).toEqual([2]);
    expect(steps([])).toEqual([2]);
    expect(steps([{ ...small, bytes: 20 * MEGABYTE }])).toEqual([]);
  });
});
