import { ByteBlocks } from '../../platform/byteBlocks.js';
import { crc32 } from '../../platform/crc32.js';
import { Deflater } from '../../platform/deflate.js';
import type { ByteSink } from '../byteSink.js';
import type { Picture } from '../picture.js';
import { type PutRow, putRows, type RowHead, type RowWriter } from '../rows.js';
import { SIGNATURE } from './chunks.js';

/** An IDAT chunk's length stands before it, so as much is held. */
const CHUNK_BYTES = 2 ** 18;

/** The file of an RGB picture, or RGBA where it has alpha, eight bits per sample. @see PNG Specification, third edition */
export function encodePng(picture: Picture): Uint8Array {
  const file = new ByteBlocks();
  const writer = pngWriter(file);
  putRows(picture, writer.begin);
  writer.end();
  return file.joined();
}

/** The same row by row: what is held is two rows, and what is packed next. */
export function pngWriter(sink: ByteSink): RowWriter {
  const data = new DataChunks(sink);
  const deflater = new Deflater((packed) => data.add(packed));
  return {
    begin(head) {
      const { width, height, hasAlpha } = head;
      const header = new Uint8Array(13);
      const view = new DataView(header.buffer);
      view.setUint32(0, width);
      view.setUint32(4, height);
      header.set([8, hasAlpha ? 6 : 2], 8); // depth, RGB or RGBA
      sink.add(Uint8Array.from(SIGNATURE));
      writeChunk(sink, 'IHDR', header);
      return filterRows(head, (line) => deflater.add(line));
    },
    end() {
      deflater.end();
      data.end();
      writeChunk(sink, 'IEND', new Uint8Array(0));
    },
  };
}

/** Makes IDAT chunks of the packed data. */
class DataChunks {
  readonly #sink: ByteSink;
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  #filled = 0;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  add(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      if (this.#filled === CHUNK_BYTES) this.end();
      const part = bytes.subarray(from, from + CHUNK_BYTES - this.#filled);
      this.#chunk.set(part, this.#filled);
      this.#filled += part.length;
      from += part.length;
    }
  }

  end(): void {
    writeChunk(this.#sink, 'IDAT', this.#chunk.subarray(0, this.#filled));
    this.#filled = 0;
  }
}

function channelsOf({ hasAlpha }: RowHead): number {
  return hasAlpha ? 4 : 3;
}

function writeChunk(sink: ByteSink, type: string, content: Uint8Array): void {
  const begin = new Uint8Array(8);
  new DataView(begin.buffer).setUint32(0, content.length);
  for (let i = 0; i < 4; i++) begin[4 + i] = type.charCodeAt(i);
  const end = new Uint8Array(4);
  new DataView(end.buffer).setUint32(0, crc32(content, crc32(begin.subarray(4))));
  for (const part of [begin, content, end]) sink.add(part);
}

/**
 * Each row as its differences from the left (filter 1), from above (2), or as it is (0): whichever has the
 * smallest sum of magnitudes, which is the specification's advice for short files.
 */
function filterRows(head: RowHead, put: (line: Uint8Array) => void): PutRow {
  const channels = channelsOf(head);
  const rowBytes = head.width * channels;
  // A pixel of zeros stands before each.
  let before = new Uint8Array(rowBytes + channels);
  let current = new Uint8Array(rowBytes + channels);
  const line = new Uint8Array(1 + rowBytes);
  return (rgb, alpha) => {
    if (alpha === undefined) current.set(rgb.subarray(0, rowBytes), channels);
    else interleave(rgb, alpha, current.subarray(channels));
    filterRow(current, before, channels, line);
    put(line);
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
