import { concatenate } from '../../platform/concatenate.js';
import { crc32 } from '../../platform/crc32.js';
import { deflate } from '../../platform/deflate.js';
import type { Picture } from '../picture.js';
import { SIGNATURE } from './chunks.js';

const CHANNELS = 3;

/** The file of an RGB picture, eight bits a sample. @see PNG Specification, third edition */
export function encodePng({ width, height, data }: Picture): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 2], 8); // depth, RGB
  return concatenate([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflate(filterRows(data, width * CHANNELS, height))),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

function chunk(type: string, content: Uint8Array): Uint8Array {
  const out = new Uint8Array(content.length + 12);
  const view = new DataView(out.buffer);
  view.setUint32(0, content.length);
  for (let i = 0; i < 4; i++) out[4 + i] = type.charCodeAt(i);
  out.set(content, 8);
  view.setUint32(content.length + 8, crc32(out.subarray(4, content.length + 8)));
  return out;
}

/**
 * Each row as its differences from the left (filter 1), from above (2), or as it is (0): whichever has the
 * smallest sum of magnitudes, which is the specification's advice for short files.
 */
function filterRows(data: Uint8Array, rowBytes: number, rows: number): Uint8Array {
  const lines = new Uint8Array(rows * (rowBytes + 1));
  const before = new Uint8Array(rowBytes + CHANNELS);
  const current = new Uint8Array(rowBytes + CHANNELS);
  for (let row = 0; row < rows; row++) {
    current.set(data.subarray(row * rowBytes, (row + 1) * rowBytes), CHANNELS);
    let [asIs, left, above] = [0, 0, 0];
    for (let i = CHANNELS; i < rowBytes + CHANNELS; i++) {
      const value = current[i];
      asIs += magnitude(value);
      left += magnitude(value - current[i - CHANNELS]);
      above += magnitude(value - before[i]);
    }
    const filter = left <= above ? (left <= asIs ? 1 : 0) : above <= asIs ? 2 : 0;
    const at = row * (rowBytes + 1);
    lines[at] = filter;
    for (let i = 0; i < rowBytes; i++) {
      const value = current[i + CHANNELS];
      const predicted = filter === 0 ? 0 : filter === 1 ? current[i] : before[i + CHANNELS];
      lines[at + 1 + i] = value - predicted;
    }
    before.set(current);
  }
  return lines;
}

/** Of a difference modulo 256, read as a signed byte. */
function magnitude(difference: number): number {
  return Math.abs((difference << 24) >> 24);
}
