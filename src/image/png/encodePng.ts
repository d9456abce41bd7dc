import { concatenate } from '../../platform/concatenate.js';
import { crc32 } from '../../platform/crc32.js';
import { deflate } from '../../platform/deflate.js';
import type { Picture } from '../picture.js';
import { SIGNATURE } from './chunks.js';

/** The file of an RGB picture, or RGBA where it has alpha, eight bits per sample. @see PNG Specification, third edition */
export function encodePng({ width, height, data, alpha }: Picture): Uint8Array {
  const channels = alpha === undefined ? 3 : 4;
  const pixels = alpha === undefined ? data : interleaved(data, alpha);
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, alpha === undefined ? 2 : 6], 8); // depth, RGB or RGBA
  return concatenate([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflate(filterRows(pixels, width * channels, height, channels))),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

function interleaved(data: Uint8Array, alpha: Uint8Array): Uint8Array {
  const out = new Uint8Array(4 * alpha.length);
  for (let i = 0; i < alpha.length; i++) {
    out[4 * i] = data[3 * i];
    out[4 * i + 1] = data[3 * i + 1];
    out[4 * i + 2] = data[3 * i + 2];
    out[4 * i + 3] = alpha[i];
  }
  return out;
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
function filterRows(
  data: Uint8Array,
  rowBytes: number,
  rows: number,
  channels: number,
): Uint8Array {
  const lines = new Uint8Array(rows * (rowBytes + 1));
  const before = new Uint8Array(rowBytes + channels);
  const current = new Uint8Array(rowBytes + channels);
  for (let row = 0; row < rows; row++) {
    current.set(data.subarray(row * rowBytes, (row + 1) * rowBytes), channels);
    let [asIs, left, above] = [0, 0, 0];
    for (let i = channels; i < rowBytes + channels; i++) {
      const value = current[i];
      asIs += magnitude(value);
      left += magnitude(value - current[i - channels]);
      above += magnitude(value - before[i]);
    }
    const filter = left <= above ? (left <= asIs ? 1 : 0) : above <= asIs ? 2 : 0;
    const at = row * (rowBytes + 1);
    lines[at] = filter;
    for (let i = 0; i < rowBytes; i++) {
      const value = current[i + channels];
      const predicted = filter === 0 ? 0 : filter === 1 ? current[i] : before[i + channels];
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
