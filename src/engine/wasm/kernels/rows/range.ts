import { atomic, type Code, i32, i32x4, v128 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import { CONTROL } from '../driver.js';

/**
 * The largest finite input of a Winograd layer (`algebra.ts`). Its transforms sum up a whole tile with both signs: a huge
 * value drowns the digits of outputs that do not read it, and from about 1e37 on sums leave float32.
 */
export const MAX_WINOGRAD_INPUT = 1e18;

const [MAX_BITS, INFINITE_BITS] = new Int32Array(
  Float32Array.of(MAX_WINOGRAD_INPUT, Number.POSITIVE_INFINITY).buffer,
);

/** Twice a number's bits are without its sign, and as unsigned integers in the order of magnitudes. */
const doubled = (value: Code) => i32x4.shiftLeft(value, i32.const(1));
/** With this added, those of infinities and NaN overflow, and are below all others. */
const BEYOND_INFINITE = -2 * INFINITE_BITS;

/** So many maxima are taken side by side, since one alone is a chain of dependent operations. */
const ACCUMULATORS = 4;
/** Floats of one turn of the loop. */
const TURN = 8 * ACCUMULATORS;

/**
 * `(row)`: sets `CONTROL.beyond` and ends the run where one of so many floats, four or more, is finite and beyond
 * `MAX_WINOGRAD_INPUT`. Ordinary rows take one look; a second one tells huge values from infinities and NaN.
 */
export function emitRangeCheck(module: ModuleWriter, floats: number): FunctionHandle {
  return module.define(`range ${floats}`, ['i32'], (f, row) => {
    const accumulators = f.locals('v128', ACCUMULATORS);
    const look = (magnitude: (value: Code) => Code, most: number, found: () => void) => {
      writeLargest(f, floats, row, accumulators, magnitude);
      const largest = accumulators
        .map((accumulator) => accumulator.value)
        .reduce((a, b) => i32x4.maxUnsigned(a, b));
      f.if(v128.anyTrue(i32x4.gtUnsigned(largest, i32x4.const(most))), found);
    };
    look(doubled, 2 * MAX_BITS, () => {
      const finite = (value: Code) => i32x4.add(doubled(value), i32x4.const(BEYOND_INFINITE));
      look(finite, 2 * MAX_BITS + BEYOND_INFINITE, () => {
        for (const word of [CONTROL.beyond, CONTROL.stop]) {
          f.emit(atomic.store(i32.const(word), i32.const(1)));
        }
      });
    });
  });
}

/** Largest magnitudes of a row, each in some lane; the last vector may overlap with the one before. */
function writeLargest(
  f: FunctionWriter,
  floats: number,
  row: Local,
  accumulators: readonly Local[],
  magnitude: (value: Code) => Code,
): void {
  const take = (at: Local, float: number) => {
    const largest = accumulators[(float >> 2) % ACCUMULATORS];
    const value = magnitude(v128.load(at.value, float * 4));
    f.emit(largest.set(i32x4.maxUnsigned(largest.value, value)));
  };
  const [from, i] = f.locals('i32', 2);
  f.emit(from.set(row.value));
  for (const largest of accumulators) f.emit(largest.set(v128.zero));
  const turns = Math.floor(floats / TURN);
  f.repeat(i, turns, 1, () => {
    for (let float = 0; float < TURN; float += 4) take(from, float);
    f.emit(from.set(i32.add(from.value, i32.const(TURN * 4))));
  });
  const rest = floats - turns * TURN;
  for (let float = 0; float + 4 <= rest; float += 4) take(from, float);
  if (rest % 4 > 0) take(row, floats - 4);
}
