import { ByteBlocks } from '../../platform/byteBlocks.js';
import type { ByteSink } from '../byteSink.js';
import { ImageError, type Picture } from '../picture.js';
import { type PutRow, putRows, type RowWriter } from '../rows.js';
import { BitWriter, type CodeTable, codeTable } from './bitWriter.js';
import { forwardDct, SCALES } from './forwardDct.js';
import { NATURAL_ORDER } from './order.js';
import { inZigzag, quantizationSteps } from './quantization.js';
import { type CodeLists, standardTables } from './standardTables.js';

/** A frame header has two bytes for each side. */
const MAX_SIDE = 65_535;

/**
 * Encodes a baseline JPEG, 4:4:4.
 * @param quality 1 to 100.
 * @throws ImageError `ERR_IMAGE_SIZE` where a side is longer than a JPEG's can be.
 */
export function encodeJpeg(picture: Picture, quality: number): Uint8Array {
  const file = new ByteBlocks();
  const rows = jpegWriter(quality, file);
  putRows(picture, rows.begin);
  rows.end();
  return file.joined();
}

/** The same row by row: eight rows are held. Alpha is left out. */
export function jpegWriter(quality: number, sink: ByteSink): RowWriter {
  const writer = new BitWriter(sink);
  return {
    begin({ width, height }) {
      if (Math.max(width, height) > MAX_SIDE) {
        throw new ImageError(
          'ERR_IMAGE_SIZE',
          `A JPEG has at most ${MAX_SIDE} pixels a side, but the picture has ${width} x ${height}; write it as PNG, or make it smaller.`,
        );
      }
      const steps = quantizationSteps(quality);
      writeHeaders(writer, width, height, steps);
      return putBlocks(new BlockWriter(writer, steps), width, height);
    },
    end() {
      writer.fill();
      writer.bytes([0xff, 0xd9]);
    },
  };
}

/** Gathers eight rows, and encodes their blocks. Beyond the right and bottom edge, the last pixel is repeated. */
function putBlocks(blocks: BlockWriter, width: number, height: number): PutRow {
  const stride = 3 * width;
  const band = new Uint8Array(8 * stride);
  let y = 0;
  return (rgb) => {
    band.set(rgb.subarray(0, stride), (y & 7) * stride);
    y++;
    if (y === height) {
      for (let below = y; (below & 7) !== 0; below++) {
        band.copyWithin((below & 7) * stride, ((y - 1) & 7) * stride, (((y - 1) & 7) + 1) * stride);
      }
    } else if ((y & 7) !== 0) return;
    for (let x = 0; x < width; x += 8) blocks.write(band, width, x);
  };
}

/** What is known of one colour component while its blocks are written. */
interface EncodedComponent {
  /** What a coefficient is multiplied by, in natural order: one by its step, and by what the transform leaves. */
  readonly factors: Float64Array;
  readonly dc: CodeTable;
  readonly ac: CodeTable;
  readonly block: Float64Array;
  /** The DC coefficient of the block before. */
  predictor: number;
}

class BlockWriter {
  readonly #writer: BitWriter;
  readonly #components: readonly EncodedComponent[];
  /** Quantised coefficients, in zigzag order. */
  readonly #coefficients = new Int32Array(64);

  constructor(writer: BitWriter, steps: readonly (readonly number[])[]) {
    this.#writer = writer;
    const { dc, ac } = standardTables();
    this.#components = [0, 1, 1].map((table) => ({
      factors: Float64Array.from(
        steps[table],
        (step, i) => 1 / (step * SCALES[i >> 3] * SCALES[i & 7] * 8),
      ),
      dc: codeTable(dc[table]),
      ac: codeTable(ac[table]),
      block: new Float64Array(64),
      predictor: 0,
    }));
  }

  /** The blocks of the eight columns from `x` on. */
  write(band: Uint8Array, width: number, x: number): void {
    const [luma, blues, reds] = this.#components;
    fillBlocks(band, width, x, luma.block, blues.block, reds.block);
    for (const component of this.#components) {
      forwardDct(component.block);
      this.#quantize(component);
      this.#encode(component);
    }
  }

  #quantize({ block, factors }: EncodedComponent): void {
    const coefficients = this.#coefficients;
    for (let i = 0; i < 64; i++) {
      const at = NATURAL_ORDER[i];
      const value = block[at] * factors[at];
      coefficients[i] = value > 0 ? (value + 0.5) | 0 : (value - 0.5) | 0;
    }
  }

  /** T.81 F.1.2. */
  #encode(component: EncodedComponent): void {
    const writer = this.#writer;
    const coefficients = this.#coefficients;
    const { dc, ac, predictor } = component;
    component.predictor = coefficients[0];
    this.#number(dc, 0, coefficients[0] - predictor);
    let last = 63;
    while (last > 0 && coefficients[last] === 0) last--;
    let run = 0;
    for (let k = 1; k <= last; k++) {
      if (coefficients[k] === 0) {
        run++;
        continue;
      }
      for (; run > 15; run -= 16) writer.code(ac, 0xf0);
      this.#number(ac, run, coefficients[k]);
      run = 0;
    }
    if (last < 63) writer.code(ac, 0);
  }

  /** A number's size, with the run of zeros before it, and its bits: of a negative one, those of the number less one. */
  #number(table: CodeTable, run: number, value: number): void {
    const size = 32 - Math.clz32(Math.abs(value));
    this.#writer.code(table, (run << 4) | size);
    const bits = value < 0 ? value - 1 : value;
    this.#writer.bits(bits & ((1 << size) - 1), size);
  }
}

/** RGB to the YCbCr of JFIF in fixed point, less 128. */
function fillBlocks(
  band: Uint8Array,
  width: number,
  x: number,
  luma: Float64Array,
  blues: Float64Array,
  reds: Float64Array,
): void {
  const HALF = 1 << 15;
  // Rounds down in the middle, and moves colours from −128 … 127 to 0 … 255, in which they are rounded.
  const CENTRE = (128 << 16) + HALF - 1;
  for (let i = 0; i < 64; i++) {
    const column = Math.min(x + (i & 7), width - 1);
    const at = ((i >> 3) * width + column) * 3;
    const r = band[at];
    const g = band[at + 1];
    const b = band[at + 2];
    luma[i] = ((19595 * r + 38470 * g + 7471 * b + HALF) >> 16) - 128;
    blues[i] = ((-11059 * r - 21709 * g + 32768 * b + CENTRE) >> 16) - 128;
    reds[i] = ((32768 * r - 27439 * g - 5329 * b + CENTRE) >> 16) - 128;
  }
}

/** All before the data: T.81 B.2, and JFIF 1.1 with pixels that are square. */
function writeHeaders(
  writer: BitWriter,
  width: number,
  height: number,
  [luminance, chrominance]: readonly (readonly number[])[],
): void {
  const segment = (marker: number, ...content: number[]) =>
    writer.bytes([0xff, marker, ...word(content.length + 2), ...content]);
  const { dc, ac } = standardTables();
  const lists = ({ counts, symbols }: CodeLists) => [...counts, ...symbols];
  writer.bytes([0xff, 0xd8]);
  segment(0xe0, ...[0x4a, 0x46, 0x49, 0x46, 0], 1, 1, 0, ...word(1), ...word(1), 0, 0);
  segment(0xdb, 0, ...inZigzag(luminance), 1, ...inZigzag(chrominance));
  const components = [1, 2, 3].flatMap((id) => [id, 0x11, id === 1 ? 0 : 1]);
  segment(0xc0, 8, ...word(height), ...word(width), 3, ...components);
  segment(
    0xc4,
    ...[0x00, ...lists(dc[0]), 0x10, ...lists(ac[0])],
    ...[0x01, ...lists(dc[1]), 0x11, ...lists(ac[1])],
  );
  segment(0xda, 3, ...[1, 0x00, 2, 0x11, 3, 0x11], 0, 63, 0);
}

function word(value: number): [number, number] {
  return [value >> 8, value & 255];
}
