import { ShapeError } from '../errors.js';
import { describeValue } from './describeValue.js';

/**
 * Not every caller has a compiler that checks: what is no object in the place of options is refused, and not read.
 * @param taker A function, for the message: `conv2d`.
 */
export function checkOptions(taker: string, options: unknown): void {
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return;
  throw new ShapeError(`${taker} takes options as an object, but got ${describeValue(options)}.`);
}

/** @param what In a message: `decodeRows: begin`. */
export function checkFunction(what: string, value: unknown): void {
  if (typeof value === 'function') return;
  throw new ShapeError(`${what} is a function, but got ${describeValue(value)}.`);
}

/** @param what In a message: `compile: inputShape`. */
export function checkShape(what: string, shape: unknown): void {
  const sides: unknown[] | null = Array.isArray(shape) ? shape : null;
  if (sides?.every((side) => Number.isInteger(side) && Number(side) >= 0)) return;
  const got = sides === null ? describeValue(shape) : JSON.stringify(sides);
  throw new ShapeError(`${what} is a list of whole numbers from 0 up, but got ${got}.`);
}

/** What calls itself a number, or a list of numbers, for messages. */
export function numbersIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
