import { type InflatedPieces, inflateZlib, inflateZlibPieces } from '../../platform/inflate.js';
import { allBytes } from '../../platform/randomBytes.js';
import type { Damage } from './damage.js';
import type { PngHeader } from './header.js';
import type { PngParts } from './parts.js';
import type { Pass } from './scanlines.js';

/** Pillow hands an IDAT chunk's content to zlib in pieces of so many bytes. */
const PIECE_BYTES = 65_536;

/** Rows of so many bytes are inflated at once, by Node's own zlib where there is one: that is faster. */
const WHOLE_BYTES = 2 ** 24;
/** Rows that are missing are made in pieces of so many bytes. */
const ZEROS = new Uint8Array(4096);

/**
 * Inflates the filtered rows of all passes, one behind the other. Pillow's rules hold for a stream with faults: that its end is
 * missing, or that it goes on, is noted. So is a right end after too few rows; those missing are then zero.
 *
 * @param put Takes the next bytes, all in all as many as there are. What it throws is thrown after what is wrong with the data.
 * @throws ImageError when bytes of a row are missing or damaged; some may have come before.
 */
export function inflateLines(
  parts: PngParts,
  passes: readonly Pass[],
  damage: Damage,
  put: (lines: Uint8Array) => void,
  wholeBytes = WHOLE_BYTES,
): void {
  const { data, starts, cut } = parts;
  const size = passes.reduce((sum, pass) => sum + pass.height * (1 + pass.rowBytes), 0);
  const lines = new PatientSink(put);
  const inflated =
    cut || Math.max(size, data.length) > wholeBytes
      ? inflateZlibPieces(data, size, lines.put)
      : inflateAtOnce(data, size, lines.put);
  checkEnd(inflated, size, data.length, damage);
  if (inflated.count < size) {
    checkMissing(parts, inflated, size, passes, damage);
    for (let left = size - inflated.count; left > 0; left -= ZEROS.length) {
      lines.put(ZEROS.subarray(0, left));
    }
  } else if (cut || inflated.end === 'unchecked' || inflated.end === 'unfinished') {
    const read = readForRow(parts, inflated, 1 + passes[passes.length - 1].rowBytes);
    if (read > data.length || (cut && read <= starts[starts.length - 1])) {
      damage.refuse('ERR_PNG_SHORT', 'is cut short in an IDAT chunk at the end of its pixels');
    }
  }
  lines.throwError();
}

function inflateAtOnce(
  data: PngParts['data'],
  size: number,
  put: (lines: Uint8Array) => void,
): InflatedPieces {
  const { bytes, ...told } = inflateZlib(allBytes(data), size);
  put(bytes);
  return { ...told, count: bytes.length };
}

/** What goes wrong with the bytes waits until it is known whether they are right. */
class PatientSink {
  readonly #put: (bytes: Uint8Array) => void;
  #failure: { readonly error: unknown } | null = null;

  constructor(put: (bytes: Uint8Array) => void) {
    this.#put = put;
  }

  readonly put = (bytes: Uint8Array): void => {
    if (this.#failure !== null) return;
    try {
      this.#put(bytes);
    } catch (error) {
      this.#failure = { error };
    }
  };

  throwError(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}

/**
 * How many bytes of the data Pillow takes until it has the last row. It begins no row unless there is a byte that zlib has
 * not read yet: even where a copy that was begun before would fill the row.
 */
function readForRow(parts: PngParts, { count, read }: InflatedPieces, stride: number): number {
  const before = count - stride;
  if (before === 0) return read;
  const above = inflateZlibPieces(parts.data, before, () => undefined);
  // With the row above, zlib has read on to the next symbol, within the same chunk.
  return Math.max(read, Math.min(above.length, chunkEnd(parts, above.read)) + 1);
}

/** Where the chunk ends that holds the byte before `at`. */
function chunkEnd({ data, starts }: PngParts, at: number): number {
  return starts.find((start) => start >= at) ?? data.length;
}

/** Deflate cannot pack more than 1032 to 1, so a short file with a huge header ends here. */
export function checkAgainstFile(header: PngHeader, packed: number, damage: Damage): void {
  const { width, height, bitsPerPixel } = header;
  const least = (height * width * bitsPerPixel) / 8 / 1032;
  if (packed < least - 64) {
    const what = `says ${width} x ${height} pixels, but its ${packed} bytes of data cannot hold them`;
    damage.refuse('ERR_PNG_SHORT', what);
  }
}

function checkEnd(
  { count, end, length }: InflatedPieces,
  size: number,
  packed: number,
  damage: Damage,
): void {
  if (end === 'damaged') damage.refuse('ERR_PNG_DATA', 'has damaged compressed pixel data');
  if (end === 'checksum') {
    damage.refuse('ERR_PNG_CHECKSUM', 'has a wrong checksum within its pixel data');
  }
  if (count < size && end !== 'whole') {
    const what = `is cut short: its pixel data has ${count} of ${size} bytes`;
    damage.refuse('ERR_PNG_SHORT', what);
  }
  if (end === 'unchecked') damage.note('ERR_PNG_SHORT', 'lacks the checksum of its pixel data');
  if (end === 'unfinished') damage.note('ERR_PNG_SHORT', 'lacks the end mark of its pixel data');
  if (end === 'excess' || length < packed) {
    damage.note('ERR_PNG_DATA', 'has more pixel data than it has pixels');
  }
}

/** Rows that were not begun are left to be zero, if Pillow sees the stream's end together with the last row's. */
function checkMissing(
  parts: PngParts,
  inflated: InflatedPieces,
  size: number,
  passes: readonly Pass[],
  damage: Damage,
): void {
  const { starts, cut } = parts;
  const { count, length } = inflated;
  const { rows, stride } = countRows(count, passes);
  const read = rows === 0 ? 0 : readForRow(parts, inflated, stride);
  const start = starts.findLast((candidate) => candidate < read) ?? 0;
  const piece = (at: number) => Math.floor((at - 1 - start) / PIECE_BYTES);
  const cutBehind = cut && read <= starts[starts.length - 1];
  if (rows === 0 || length > chunkEnd(parts, read) || piece(length) !== piece(read) || cutBehind) {
    const what = `is cut short: its pixel data has ${count} of ${size} bytes`;
    damage.refuse('ERR_PNG_SHORT', what);
  }
  const all = passes.reduce((sum, { height }) => sum + height, 0);
  damage.note('ERR_PNG_SHORT', `has ${rows} of ${all} rows; the others are left black`);
}

/** How many rows the bytes are, and the bytes of the last of them; 0 unless they are whole rows. */
function countRows(length: number, passes: readonly Pass[]): { rows: number; stride: number } {
  let rows = 0;
  let stride = 0;
  let rest = length;
  for (const { height, rowBytes } of passes) {
    const here = Math.min(height, Math.floor(rest / (1 + rowBytes)));
    if (here > 0) stride = 1 + rowBytes;
    rows += here;
    rest -= here * (1 + rowBytes);
    if (here < height) break;
  }
  return { rows: rest === 0 ? rows : 0, stride };
}
