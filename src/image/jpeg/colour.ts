import { scaled } from '../inks.js';
import type { Frame } from './frame.js';
import { LIMIT } from './limit.js';
import type { MarkerReader } from './markers.js';
import { simdRows } from './simdRows.js';

/** Writes `width` pixels of RGB at `to` from the full-resolution rows of the components. */
export type ConvertRow = (rows: Uint8Array[], width: number, out: Uint8Array, to: number) => void;

/** Finds out the colour space as libjpeg does. */
export function chooseConversion(frame: Frame, markers: MarkerReader): ConvertRow {
  const { components } = frame;
  const { adobeTransform } = markers;
  if (components.length === 1) return convertGrey;
  if (components.length === 4) {
    return adobeTransform === undefined || adobeTransform === 0 ? convertCmyk : convertYcck;
  }
  const isRgb = components.every(({ id }, i) => id === 'RGB'.charCodeAt(i));
  if (!markers.hasJfif && (adobeTransform === undefined ? isRgb : adobeTransform === 0)) {
    return convertRgb;
  }
  return simdRows()?.convertYcc ?? convertYcc;
}

function convertGrey([grey]: Uint8Array[], width: number, out: Uint8Array, to: number): void {
  for (let x = 0; x < width; x++, to += 3) {
    out[to] = grey[x];
    out[to + 1] = grey[x];
    out[to + 2] = grey[x];
  }
}

function convertRgb(
  [red, green, blue]: Uint8Array[],
  width: number,
  out: Uint8Array,
  to: number,
): void {
  for (let x = 0; x < width; x++, to += 3) {
    out[to] = red[x];
    out[to + 1] = green[x];
    out[to + 2] = blue[x];
  }
}

/**
 * The loop over all pixels. The factors of JFIF's YCbCr to RGB, times 2 ** 16, and the table stand
 * inside for the reason given in `idct.ts`.
 */
export function convertYcc(rows: Uint8Array[], width: number, out: Uint8Array, to: number): void {
  const luma = rows[0];
  const blues = rows[1];
  const reds = rows[2];
  const RED_BY_CR = 91881;
  const GREEN_BY_CB = -22554;
  const GREEN_BY_CR = -46802;
  const BLUE_BY_CB = 116130;
  const HALF = 1 << 15;
  const MASK = 16383;
  const limit = LIMIT;
  for (let x = 0; x < width; x++, to += 3) {
    const y = luma[x];
    const cb = blues[x] - 128;
    const cr = reds[x] - 128;
    out[to] = limit[(y + ((RED_BY_CR * cr + HALF) >> 16)) & MASK];
    out[to + 1] = limit[(y + ((GREEN_BY_CB * cb + GREEN_BY_CR * cr + HALF) >> 16)) & MASK];
    out[to + 2] = limit[(y + ((BLUE_BY_CB * cb + HALF) >> 16)) & MASK];
  }
}

/**
 * Like Pillow: the four values are taken as inverted (Adobe's habit), whether or not the file says
 * so, and ink is simply subtracted from white, without a colour profile.
 */
function convertCmyk(rows: Uint8Array[], width: number, out: Uint8Array, to: number): void {
  const [cyan, magenta, yellow, black] = rows;
  for (let x = 0; x < width; x++, to += 3) {
    const light = black[x];
    out[to] = light - scaled(255 - cyan[x], light);
    out[to + 1] = light - scaled(255 - magenta[x], light);
    out[to + 2] = light - scaled(255 - yellow[x], light);
  }
}

/** YCCK is CMYK whose first three values went through RGB to YCbCr. */
function convertYcck(rows: Uint8Array[], width: number, out: Uint8Array, to: number): void {
  const black = rows[3];
  convertYcc(rows, width, out, to);
  for (let x = 0; x < width; x++) {
    const light = black[x];
    for (const end = to + 3; to < end; to++) out[to] = light - scaled(out[to], light);
  }
}
