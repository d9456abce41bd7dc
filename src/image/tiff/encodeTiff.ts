import { ByteBlocks } from '../../platform/byteBlocks.js';
import { deflate } from '../../platform/deflate.js';
import type { ByteSink } from '../byteSink.js';
import type { Picture } from '../picture.js';
import { type PutRow, putRows, type RowHead, type RowWriter } from '../rows.js';

/** Of a strip before it is compressed, about. */
const STRIP_BYTES = 1 << 18;
const [SHORT, LONG] = [3, 4];

/**
 * The file of an RGB picture, or RGBA where it has alpha (not multiplied into the colours), eight bits per sample: strips
 * compressed by deflate, of the differences of pixels from their left neighbours.
 * @see TIFF 6.0, sections 3 and 14; Adobe Photoshop TIFF Technical Note 2 (deflate)
 */
export function encodeTiff(picture: Picture): Uint8Array {
  const file = new ByteBlocks();
  const writer = tiffWriter(file);
  putRows(picture, writer.begin);
  writer.end();
  return file.joined();
}

/** The same row by row: a strip is held. Where the directory lies is written into the header once that is known. */
export function tiffWriter(sink: ByteSink): RowWriter {
  let head: RowHead = { width: 0, height: 0, hasAlpha: false };
  let perStrip = 1;
  const offsets: number[] = [];
  const lengths: number[] = [];
  let at = 8;
  return {
    begin(begun) {
      head = begun;
      const { width, height, hasAlpha } = head;
      const samples = hasAlpha ? 4 : 3;
      perStrip = Math.min(height, Math.max(1, Math.floor(STRIP_BYTES / (width * samples))));
      sink.add(Uint8Array.of(0x49, 0x49, 42, 0, 0, 0, 0, 0));
      return gatherStrips(head, perStrip, (rows) => {
        const strip = deflate(rows);
        offsets.push(at);
        lengths.push(strip.length);
        sink.add(strip);
        if (strip.length % 2 !== 0) sink.add(new Uint8Array(1));
        at += even(strip.length);
      });
    },
    end() {
      sink.add(directory(entriesOf(head, perStrip, offsets, lengths), at));
      const place = new Uint8Array(4);
      new DataView(place.buffer).setUint32(0, at, true);
      sink.replace(4, place);
    },
  };
}

type Entry = readonly [tag: number, type: number, values: readonly number[]];

function entriesOf(
  { width, height, hasAlpha }: RowHead,
  perStrip: number,
  offsets: readonly number[],
  lengths: readonly number[],
): Entry[] {
  const samples = hasAlpha ? 4 : 3;
  const entries: Entry[] = [
    [256, LONG, [width]],
    [257, LONG, [height]],
    [258, SHORT, Array.from({ length: samples }, () => 8)],
    [259, SHORT, [8]], // deflate
    [262, SHORT, [2]], // RGB
    [273, LONG, offsets],
    [277, SHORT, [samples]],
    [278, LONG, [perStrip]],
    [279, LONG, lengths],
    [284, SHORT, [1]], // samples of a pixel together
    [317, SHORT, [2]], // differences
  ];
  return hasAlpha ? [...entries, [338, SHORT, [2]]] : entries;
}

/** Strips of rows, of which each pixel is less the one before it. Their memory holds the next one afterwards. */
function gatherStrips(
  { width, height, hasAlpha }: RowHead,
  perStrip: number,
  put: (rows: Uint8Array) => void,
): PutRow {
  const samples = hasAlpha ? 4 : 3;
  const strip = new Uint8Array(perStrip * width * samples);
  let filled = 0;
  let y = 0;
  return (rgb, alpha) => {
    const pixel = [0, 0, 0, 0];
    for (let x = 0; x < width; x++) {
      for (let part = 0; part < samples; part++) {
        const value = part < 3 || alpha === undefined ? rgb[3 * x + part] : alpha[x];
        strip[filled++] = value - pixel[part];
        pixel[part] = value;
      }
    }
    y++;
    if (filled < strip.length && y < height) return;
    put(strip.subarray(0, filled));
    filled = 0;
  };
}

function even(length: number): number {
  return length + (length & 1);
}

/** Values of more than four bytes come behind the directory. */
function directory(parts: readonly Entry[], at: number): Uint8Array {
  const sizeOf = (type: number, count: number) => (type === SHORT ? 2 : 4) * count;
  const fixed = 2 + 12 * parts.length + 4;
  const extra = parts.reduce((sum, [, type, values]) => {
    const size = sizeOf(type, values.length);
    return sum + (size > 4 ? size : 0);
  }, 0);
  const out = new Uint8Array(fixed + extra);
  const view = new DataView(out.buffer);
  view.setUint16(0, parts.length, true);
  let free = fixed;
  for (const [i, [tag, type, values]] of parts.entries()) {
    const entry = 2 + 12 * i;
    const size = sizeOf(type, values.length);
    view.setUint16(entry, tag, true);
    view.setUint16(entry + 2, type, true);
    view.setUint32(entry + 4, values.length, true);
    let to = entry + 8;
    if (size > 4) {
      view.setUint32(to, at + free, true);
      to = free;
      free += size;
    }
    for (const value of values) {
      if (type === SHORT) view.setUint16(to, value, true);
      else view.setUint32(to, value, true);
      to += type === SHORT ? 2 : 4;
    }
  }
  return out;
}
