import type { Component, Frame } from './frame.js';
import { simdRows } from './simdRows.js';

/** Gives row `y` of a component at the picture's full resolution, valid until the next call. */
export type RowReader = (y: number) => Uint8Array;

/**
 * Brings a component to full resolution one row at a time, choosing the filter as libjpeg-turbo
 * does: a triangle filter for the ratios 2x1, 1x2 and 2x2, else repetition. A triangle filter
 * gives each new sample 3/4 of the nearer and 1/4 of the farther old one. The different rounding
 * constants of left and right, above and below (a cheap dither) are part of the format of the
 * result; so is that rows narrower than three samples are repeated, not filtered, across.
 */
export function createRowReader(frame: Frame, component: Component): RowReader {
  const { samples, width } = component;
  const start = (row: number) => (row - component.firstRow) * stride;
  const stride = component.stride * 8;
  const ratioH = frame.maxH / component.h;
  const ratioV = frame.maxV / component.v;
  const lastRow = component.height - 1;
  // For doubled rows: beside the nearer old row to new row y, the farther one; edges repeat.
  const far = (y: number) => {
    const row = (y >> 1) + (y & 1 ? 1 : -1);
    return start(Math.min(Math.max(row, 0), lastRow));
  };

  if (ratioH === 1 && ratioV === 1) {
    return (y) => samples.subarray(start(y), start(y) + width);
  }
  const out = new Uint8Array(width * ratioH);
  if (ratioH === 1 && ratioV === 2) {
    return (y) => blendRows(samples, start(y >> 1), far(y), y & 1 ? 2 : 1, width, out);
  }
  if (ratioH === 2 && width > 2) {
    if (ratioV === 1) return (y) => doubleAcross(samples, start(y), width, out);
    if (ratioV === 2) {
      const double = simdRows()?.doubleBothWays ?? doubleBothWays;
      return (y) => double(samples, start(y >> 1), far(y), width, out);
    }
  }
  return (y) => repeat(samples, start(Math.floor(y / ratioV)), width, ratioH, out);
}

function blendRows(
  samples: Uint8Array,
  near: number,
  far: number,
  bias: number,
  width: number,
  out: Uint8Array,
): Uint8Array {
  for (let x = 0; x < width; x++) out[x] = (3 * samples[near + x] + samples[far + x] + bias) >> 2;
  return out;
}

function doubleAcross(samples: Uint8Array, row: number, width: number, out: Uint8Array) {
  let left = samples[row];
  let current = left;
  for (let x = 0; x < width - 1; x++) {
    const right = samples[row + x + 1];
    out[2 * x] = (3 * current + left + 1) >> 2;
    out[2 * x + 1] = (3 * current + right + 2) >> 2;
    left = current;
    current = right;
  }
  out[2 * width - 2] = (3 * current + left + 1) >> 2;
  out[2 * width - 1] = current;
  return out;
}

/** Makes a row twice as wide of the rows that begin at `near` and `far` and have `width` samples. */
export type DoubleRow = (
  samples: Uint8Array,
  near: number,
  far: number,
  width: number,
  out: Uint8Array,
) => Uint8Array;

/** Down first, without rounding, then across: 16ths of the sum are rounded once. */
export const doubleBothWays: DoubleRow = (samples, near, far, width, out) => {
  let current = 3 * samples[near] + samples[far];
  let left = current;
  for (let x = 0; x < width - 1; x++) {
    const right = 3 * samples[near + x + 1] + samples[far + x + 1];
    out[2 * x] = (3 * current + left + 8) >> 4;
    out[2 * x + 1] = (3 * current + right + 7) >> 4;
    left = current;
    current = right;
  }
  out[2 * width - 2] = (3 * current + left + 8) >> 4;
  out[2 * width - 1] = (4 * current + 7) >> 4;
  return out;
};

function repeat(samples: Uint8Array, row: number, width: number, times: number, out: Uint8Array) {
  for (let x = 0, to = 0; x < width; x++) {
    const sample = samples[row + x];
    for (let i = 0; i < times; i++) out[to++] = sample;
  }
  return out;
}
