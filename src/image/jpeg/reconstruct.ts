import { type Component, type Frame, sampleOffset } from './frame.js';
import { SAFE_SUM, transformBlock } from './idct.js';
import { smoothedBlocks } from './smoothing.js';
import { transformWild } from './wildIdct.js';

const BLOCK = new Int32Array(64);

/**
 * From all coefficients to the samples of one row of MCUs.
 * @param lastGoodRow Of smoothed pictures, the last row of MCUs for which the last scan had data; else `undefined`.
 */
export function reconstructRows(frame: Frame, row: number, lastGoodRow: number | undefined): void {
  for (const component of frame.components) {
    const end = Math.min((row + 1) * component.v, component.blocksDown);
    const first = row * component.v;
    for (let y = first; y < end; y++) {
      const to = sampleOffset(component, y - first, 0);
      if (lastGoodRow === undefined) reconstructRow(component, y, to);
      else reconstructSmoothed(frame, component, y, row <= lastGoodRow, to);
    }
    component.rowsReady = end * 8;
  }
}

function reconstructRow(component: Component, row: number, to: number): void {
  const { coefficients, quantization, stride, blocksAcross } = component;
  const block = BLOCK;
  const start = row * stride * 64;
  for (let column = 0; column < blocksAcross; column++) {
    const from = start + column * 64;
    let sum = 0;
    for (let i = 0; i < 64; i++) {
      const value = Math.imul(coefficients[from + i], quantization[i]);
      block[i] = value;
      sum += Math.abs(value);
    }
    transform(block, sum, component, to + column * 8);
  }
}

function reconstructSmoothed(
  frame: Frame,
  component: Component,
  row: number,
  good: boolean,
  to: number,
): void {
  let column = 0;
  for (const coefficients of smoothedBlocks(frame, component, row, good)) {
    let sum = 0;
    for (let i = 0; i < 64; i++) {
      BLOCK[i] = Math.imul(coefficients[i], component.quantization[i]);
      sum += Math.abs(BLOCK[i]);
    }
    transform(BLOCK, sum, component, to + column * 8);
    column++;
  }
}

function transform(block: Int32Array, sum: number, component: Component, to: number): void {
  const { samples, stride } = component;
  if (sum < SAFE_SUM) transformBlock(block, samples, to, stride * 8);
  else transformWild(block, samples, to, stride * 8);
}
