import { type Code, i32 } from '../../../../emit/code.js';
import type { Local } from '../../../../emit/module.js';

/**
 * The condition of a schedulingBarrier, which is a place where a block could be left (`leavable`) and never is. V8 before 13 puts
 * all loads of a stretch of code before its arithmetic, and with more than a few of them it runs out of registers. Where
 * the block could be left, though, what was computed is needed behind it, so it has to be done before.
 *
 * @param address That of numbers, a multiple of four.
 * @param index A number of its own for each schedulingBarrier of a block, or V8 would see that the first has decided them all.
 */
export function schedulingBarrier(address: Local, index: number): Code {
  return i32.eq(address.value, i32.const(2 * index + 1));
}
