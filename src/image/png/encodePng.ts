import { concatenate } from '../../platform/concatenate.js';
import { crc32 } from '../../platform/crc32.js';
import { deflate } from '../../platform/deflate.js';
import type { Picture } from '../picture.js';
import { type PutRow, putRows, type RowEncoder, type RowHead } from '../rows.js';
import { SIGNATURE } from './chunks.js';

/** The file of an RGB picture, or RGBA where it has alpha, eight bits per sample. @see PNG Specification, third edition */
export function encodePng(picture: Picture): Uint8Array {
  const encoder = pngEncoder();
  putRows(picture, encoder.begin);
  return encoder.end();
}

/** The same row by row: what is held is the filtered rows, as they are packed as a whole. */
export function pngEncoder(): RowEncoder {
  let header = new Uint8Array(0);
  let lines = new Uint8Array(0);
  return {
    begin(head) {
      const { width, height, hasAlpha } = head;
      header = new Uint8Array(13);
      const view = new DataView(header.buffer);
      view.setUint32(0, width);
      view.setUint32(4, height);
      header.set([8, hasAlpha ? 6 : 2], 8); // depth, RGB or RGBA
      lines = new Uint8Array(height * (1 + width * channelsOf(head)));
      return filterRows(head, lines);
    },
    end() {
      const packed = deflate(lines);
      lines = new Uint8Array(0);
      return concatenate([
        SIGNATURE,
        ...chunk('IHDR', header),
        ...chunk('IDAT', packed),
        ...chunk('IEND', new Uint8Array(0)),
      ]);
    },
  };
}

function channelsOf({ hasAlpha }: RowHead): number {
  return hasAlpha ? 4 : 3;
}

/** The parts of a chunk, one behind the other. */
function chunk(type: string, content: Uint8Array): Uint8Array[] {
  const begin = new Uint8Array(8);
  new DataView(begin.buffer).setUint32(0, content.length);
  for (let i = 0; i < 4; i++) begin[4 + i] = type.charCodeAt(i);
  const end = new Uint8Array(4);
  new DataView(end.buffer).setUint32(0, crc32(content, crc32(begin.subarray(4))));
  return [begin, content, end];
}

/**
 * Each row as its differences from the left (filter 1), from above (2), or as it is (0): whichever has the
 * smallest sum of magnitudes, which is the specification's advice for short files.
 */
function filterRows(head: RowHead, lines: Uint8Array): PutRow {
  const channels = channelsOf(head);
  const rowBytes = head.width * channels;
  // A pixel of zeros stands before each.
  let before = new Uint8Array(rowBytes + channels);
  let current = new Uint8Array(rowBytes + channels);
  let at = 0;
  return (rgb, alpha) => {
    if (alpha === undefined) current.set(rgb.subarray(0, rowBytes), channels);
    else interleave(rgb, alpha, current.subarray(channels));
    filterRow(current, before, channels, lines.subarray(at, at + 1 + rowBytes));
    at += 1 + rowBytes;
    [before, current] = [current, before];
  };
}

/** @param line The filter, and the differences. */
function filterRow(
  current: Uint8Array,
  before: Uint8Array,
  channels: number,
  line: Uint8Array,
): void {
  const filter = bestFilter(current, before, channels);
  line[0] = filter;
  for (let i = channels; i < current.length; i++) {
    const predicted = filter === 0 ? 0 : filter === 1 ? current[i - channels] : before[i];
    line[1 + i - channels] = current[i] - predicted;
  }
}

function bestFilter(current: Uint8Array, before: Uint8Array, channels: number): 0 | 1 | 2 {
  let [asIs, left, above] = [0, 0, 0];
  for (let i = channels; i < current.length; i++) {
    const value = current[i];
    asIs += magnitude(value);
    left += magnitude(value - current[i - channels]);
    above += magnitude(value - before[i]);
  }
  return left <= above ? (left <= asIs ? 1 : 0) : above <= asIs ? 2 : 0;
}

function interleave(rgb: Uint8Array, alpha: Uint8Array, out: Uint8Array): void {
  for (let i = 0; 4 * i < out.length; i++) {
    out[4 * i] = rgb[3 * i];
    out[4 * i + 1] = rgb[3 * i + 1];
    out[4 * i + 2] = rgb[3 * i + 2];
    out[4 * i + 3] = alpha[i];
  }
}

/** Of a difference modulo 256, read as a signed byte. */
function magnitude(difference: number): number {
  return Math.abs((difference << 24) >> 24);
}
