import { type Code, v128 } from '../../../../emit/code.js';
import type { FunctionWriter, Local } from '../../../../emit/module.js';

/** Goes through the channels of a pixel by vectors, of which the last may have fewer lanes; the pointers come back. */
export function eachVector(
  f: FunctionWriter,
  planes: number,
  pointers: readonly Local[],
  body: (lanes: number) => void,
): void {
  const whole = planes >> 2;
  f.repeat(f.local('i32'), whole, 1, () => {
    body(4);
    for (const pointer of pointers) f.advance(pointer, 16);
  });
  if (planes % 4 > 0) body(planes % 4);
  for (const pointer of pointers) f.advance(pointer, -16 * whole);
}

/** The first lanes of one vector, and the others of another. */
export function firstLanes(value: Code, others: Code, lanes: number): Code {
  return lanes === 4 ? value : v128.bitselect(value, others, v128.laneMask(lanes));
}
