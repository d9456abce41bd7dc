import type { Component, Frame } from './frame.js';
import { NATURAL_ORDER } from './order.js';

/*
 * libjpeg guesses coefficients that the scans of a progressive picture have not brought from the DC coefficients around:
 * "block smoothing", after T.81 K.8, with the windows of 5 x 5 blocks of libjpeg-turbo 2.1 (jdcoefct.c, `smoothing_ok` and
 * `decompress_smooth_data`); 2.0 and older ones look at 3 x 3. Two slips of 2.1 that 3.0 corrects, at edges, are kept: see
 * `neighbourRows` and `moveWindow`.
 */

/** How a coefficient follows from the window's DC coefficients, row by row; to be divided by 256. */
interface Guess {
  /** Its place in zigzag order. */
  readonly zigzag: number;
  /** Where no scan has brought any of the first nine AC coefficients. */
  readonly alone: Int32Array;
  /** Where one has; without it, there is no guess then. */
  readonly beside?: Int32Array;
}

const HORIZONTAL = [
  -1, -1, 0, 1, 1, -3, 13, 0, -13, 3, -3, 38, 0, -38, 3, -3, 13, 0, -13, 3, -1, -1, 0, 1, 1,
];
const HORIZONTAL_BESIDE = middle(0, 0, 0, 0, 0, -7, 50, 0, -50, 7, 0, 0, 0, 0, 0);
const HORIZONTAL_TWICE = middle(0, 2, -5, 2, 0, 1, 7, -14, 7, 1, 0, 2, -5, 2, 0);
const HORIZONTAL_TWICE_BESIDE = middle(0, 0, 0, 0, 0, -1, 13, -24, 13, -1, 0, 0, 0, 0, 0);
const HORIZONTAL_THRICE = middle(0, 1, 0, -1, 0, 0, 2, 0, -2, 0, 0, 1, 0, -1, 0);
const DIAGONAL = [-1, 0, 0, 0, 1, 0, 9, 0, -9, 0, 0, 0, 0, 0, 0, 0, -9, 0, 9, 0, 1, 0, 0, 0, -1];
const DIAGONAL_BESIDE = [
  0, -1, 0, 1, 0, -1, 10, 0, -10, 1, 0, 0, 0, 0, 0, 1, -10, 0, 10, -1, 0, 1, 0, -1, 0,
];
const TWICE_ACROSS_ONCE_DOWN = middle(0, 1, -3, 1, 0, 0, 0, 0, 0, 0, 0, -1, 3, -1, 0);

/** Both halves of the window are alike. */
const MEAN = Int32Array.of(
  ...[-2, -6, -8, -6, -2, -6, 6, 42, 6, -6, -8, 42, 152, 42, -8],
  ...[-6, 6, 42, 6, -6, -2, -6, -8, -6, -2],
);

const GUESSES: readonly Guess[] = [
  guess(1, HORIZONTAL, HORIZONTAL_BESIDE),
  guess(2, transposed(HORIZONTAL), transposed(HORIZONTAL_BESIDE)),
  guess(3, transposed(HORIZONTAL_TWICE), transposed(HORIZONTAL_TWICE_BESIDE)),
  guess(4, DIAGONAL, DIAGONAL_BESIDE),
  guess(5, HORIZONTAL_TWICE, HORIZONTAL_TWICE_BESIDE),
  guess(6, HORIZONTAL_THRICE),
  guess(7, TWICE_ACROSS_ONCE_DOWN),
  guess(8, transposed(TWICE_ACROSS_ONCE_DOWN)),
  guess(9, transposed(HORIZONTAL_THRICE)),
];

function guess(zigzag: number, alone: readonly number[], beside?: readonly number[]): Guess {
  return {
    zigzag,
    alone: Int32Array.from(alone),
    ...(beside && { beside: Int32Array.from(beside) }),
  };
}

/** The three rows in the middle of a window whose others count nothing. */
function middle(...rows: number[]): number[] {
  return [0, 0, 0, 0, 0, ...rows, 0, 0, 0, 0, 0];
}

function transposed(window: readonly number[]): number[] {
  return window.map((_, i) => window[(i % 5) * 5 + Math.floor(i / 5)]);
}

/** Whether the picture is to be smoothed: all DC coefficients are there, and some of the first nine AC coefficients are not, or not wholly. */
export function needsSmoothing({ progressive, components }: Frame): boolean {
  if (!progressive) return false;
  const possible = components.every(
    ({ quantization, missingBits }) =>
      missingBits[0] >= 0 &&
      quantization.length > 0 &&
      NATURAL_ORDER.subarray(0, 10).every((at) => quantization[at] !== 0),
  );
  return (
    possible &&
    components.some(({ missingBits }) => missingBits.subarray(1, 10).some((bits) => bits !== 0))
  );
}

/**
 * The quantised coefficients of a row of blocks, guesses among them, one after the other in the same array, in natural order.
 * @param good Whether the last scan had data for this row of MCUs; else what was known before it counts.
 */
export function* smoothedBlocks(
  frame: Frame,
  component: Component,
  row: number,
  good: boolean,
): Generator<Int16Array> {
  const { coefficients, stride, blocksAcross, missingBits, formerBits } = component;
  const bits = good ? missingBits : formerBits;
  const alone = bits.subarray(1, 10).every((missing) => missing === -1);
  const rows = neighbourRows(frame, component, row).map((y) => y * stride * 64);
  const window = new Int32Array(25);
  const block = new Int16Array(64);
  for (let column = 0; column < blocksAcross; column++) {
    moveWindow(window, coefficients, rows, column, blocksAcross);
    const from = rows[2] + column * 64;
    block.set(coefficients.subarray(from, from + 64));
    fillIn(block, component.quantization, window, bits, alone);
    yield block;
  }
}

/**
 * The rows of blocks two above to two below. At the edges of the picture nearer ones stand in; where MCUs have several rows,
 * also one row away from them.
 */
function neighbourRows(frame: Frame, component: Component, row: number): number[] {
  const { v, blocksDown } = component;
  const last = frame.mcusDown - 1;
  const mcu = Math.floor(row / v);
  const within = row - mcu * v;
  const count = mcu < last ? v : blocksDown - last * v;
  const above = within > 0 || mcu > 0 ? row - 1 : row;
  const above2 = within > 1 || mcu > 1 ? row - 2 : above;
  const below = within < count - 1 || mcu < last ? row + 1 : row;
  const below2 = within < count - 2 || mcu + 1 < last ? row + 2 : below;
  return [above2, above, row, below, below2];
}

/**
 * Moves the window of DC coefficients to `column`. Beyond the right edge the last one stays, as libjpeg's code has it: with two
 * columns of blocks, the first comes again behind the second.
 */
function moveWindow(
  window: Int32Array,
  coefficients: Int16Array,
  rows: readonly number[],
  column: number,
  blocksAcross: number,
): void {
  rows.forEach((row, i) => {
    const at = 5 * i;
    if (column === 0) {
      window.fill(coefficients[row], at, at + 5);
      if (blocksAcross > 1) window[at + 3] = coefficients[row + 64];
    } else {
      window.copyWithin(at, at + 1, at + 5);
    }
    if (column + 2 < blocksAcross) window[at + 4] = coefficients[row + (column + 2) * 64];
  });
}

function fillIn(
  block: Int16Array,
  quantization: Int32Array,
  window: Int32Array,
  bits: Int8Array,
  alone: boolean,
): void {
  for (const { zigzag, alone: weightsAlone, beside } of GUESSES) {
    const weights = alone ? weightsAlone : beside;
    const at = NATURAL_ORDER[zigzag];
    const missing = bits[zigzag];
    if (weights === undefined || missing === 0 || block[at] !== 0) continue;
    const most = missing > 0 ? (1 << missing) - 1 : Number.POSITIVE_INFINITY;
    block[at] = estimate(window, weights, quantization[0], quantization[at], most);
  }
  if (alone) {
    const [dc] = quantization;
    block[0] = estimate(window, MEAN, dc, dc, Number.POSITIVE_INFINITY);
  }
}

/** The weighted sum, from steps of the DC's quantisation to those of the coefficient's, rounded; its magnitude is at most `most`. */
function estimate(
  window: Int32Array,
  weights: Int32Array,
  dcStep: number,
  step: number,
  most: number,
): number {
  let sum = 0;
  for (let i = 0; i < 25; i++) sum += weights[i] * window[i];
  const magnitude = Math.floor((step * 128 + Math.abs(dcStep * sum)) / (step * 256));
  return Math.sign(sum) * Math.min(magnitude, most);
}
