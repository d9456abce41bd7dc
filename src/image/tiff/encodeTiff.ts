import { ByteBlocks } from '../../platform/byteBlocks.js';
import { deflate } from '../../platform/deflate.js';
import type { ByteSink } from '../byteSink.js';
import type { Picture } from '../picture.js';
import { type PutRow, putRows, type RowHead, type RowWriter } from '../rows.js';

/** Of a strip before it is compressed, about. */
const STRIP_BYTES = 1 << 18;
const [SHORT, LONG, LONG8] = [3, 4, 16];
const TYPE_BYTES: Readonly<Record<number, number>> = { [SHORT]: 2, [LONG]: 4, [LONG8]: 8 };

/** How a file points at what is elsewhere in it. */
interface Layout {
  /** The header, whose end is where the directory lies. */
  readonly header: readonly number[];
  readonly pointerBytes: number;
  readonly pointerType: number;
  /** Of the number of entries. */
  readonly countBytes: number;
}

const CLASSIC: Layout = {
  header: [0x49, 0x49, 42, 0, 0, 0, 0, 0],
  pointerBytes: 4,
  pointerType: LONG,
  countBytes: 2,
};
/** @see https://www.awaresystems.be/imaging/tiff/bigtiff.html */
const BIG: Layout = {
  header: [0x49, 0x49, 43, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  pointerBytes: 8,
  pointerType: LONG8,
  countBytes: 8,
};
/** Pointers of four bytes reach that far; what deflate adds to what it cannot compress, and the directory, have room beyond it. */
const CLASSIC_BYTES = 2 ** 32 - 2 ** 27;

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

/**
 * The same row by row: a strip is held. Where the directory lies is written into the header once that is known.
 * @param mostBytes A picture of more becomes a BigTIFF, compressed or not.
 */
export function tiffWriter(sink: ByteSink, mostBytes = CLASSIC_BYTES): RowWriter {
  let head: RowHead = { width: 0, height: 0, hasAlpha: false };
  let perStrip = 1;
  let layout = CLASSIC;
  const offsets: number[] = [];
  const lengths: number[] = [];
  let at = 0;
  return {
    begin(begun) {
      head = begun;
      const { width, height, hasAlpha } = head;
      const samples = hasAlpha ? 4 : 3;
      perStrip = Math.min(height, Math.max(1, Math.floor(STRIP_BYTES / (width * samples))));
      layout = width * height * samples > mostBytes ? BIG : CLASSIC;
      sink.add(Uint8Array.from(layout.header));
      at = layout.header.length;
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
      const { header, pointerBytes, pointerType } = layout;
      const strips = { perStrip, offsets, lengths, offsetType: pointerType };
      sink.add(directory(entriesOf(head, strips), at, layout));
      const place = new Uint8Array(pointerBytes);
      writeNumber(new DataView(place.buffer), 0, at, pointerBytes);
      sink.replace(header.length - pointerBytes, place);
    },
  };
}

type Entry = readonly [tag: number, type: number, values: readonly number[]];

interface Strips {
  readonly perStrip: number;
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
  readonly offsetType: number;
}

function entriesOf(
  { width, height, hasAlpha }: RowHead,
  { perStrip, offsets, lengths, offsetType }: Strips,
): Entry[] {
  const samples = hasAlpha ? 4 : 3;
  const entries: Entry[] = [
    [256, LONG, [width]],
    [257, LONG, [height]],
    [258, SHORT, Array.from({ length: samples }, () => 8)],
    [259, SHORT, [8]], // deflate
    [262, SHORT, [2]], // RGB
    [273, offsetType, offsets],
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

/** Values of more bytes than a pointer has come behind the directory. */
function directory(
  parts: readonly Entry[],
  at: number,
  { pointerBytes, countBytes }: Layout,
): Uint8Array {
  const sizeOf = (type: number, count: number) => TYPE_BYTES[type] * count;
  const entryBytes = 4 + 2 * pointerBytes;
  const fixed = countBytes + entryBytes * parts.length + pointerBytes;
  const extra = parts.reduce((sum, [, type, values]) => {
    const size = sizeOf(type, values.length);
    return sum + (size > pointerBytes ? size : 0);
  }, 0);
  const out = new Uint8Array(fixed + extra);
  const view = new DataView(out.buffer);
  writeNumber(view, 0, parts.length, countBytes);
  let free = fixed;
  for (const [i, [tag, type, values]] of parts.entries()) {
    const entry = countBytes + entryBytes * i;
    const size = sizeOf(type, values.length);
    view.setUint16(entry, tag, true);
    view.setUint16(entry + 2, type, true);
    writeNumber(view, entry + 4, values.length, pointerBytes);
    let to = entry + 4 + pointerBytes;
    if (size > pointerBytes) {
      writeNumber(view, to, at + free, pointerBytes);
      to = free;
      free += size;
    }
    for (const value of values) {
      writeNumber(view, to, value, TYPE_BYTES[type]);
      to += TYPE_BYTES[type];
    }
  }
  return out;
}

function writeNumber(view: DataView, at: number, value: number, bytes: number): void {
  if (bytes === 2) view.setUint16(at, value, true);
  else if (bytes === 4) view.setUint32(at, value, true);
  else view.setBigUint64(at, BigInt(value), true);
}
