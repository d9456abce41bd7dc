import { tooManyPixels } from '../picture.js';
import type { ByteCursor } from './byteCursor.js';
import { allocate, refuse } from './refuse.js';

/** One colour component of the frame (T.81 B.2.2). */
export interface Component {
  readonly id: number;
  /** Sampling factors, across and down. */
  readonly h: number;
  readonly v: number;
  readonly tableId: number;
  /** Size in samples, and in the blocks that cover them. */
  readonly width: number;
  readonly height: number;
  readonly blocksAcross: number;
  readonly blocksDown: number;
  /** Blocks in memory per row: whole MCUs, so it may exceed `blocksAcross`. */
  readonly stride: number;
  /** In natural order; empty before the component's first scan, which fixes it. */
  quantization: Int32Array;
  /**
   * Rows of `stride` blocks of 8 samples: a band of them, which is made next, and before it the last eight of the band above.
   */
  samples: Uint8Array;
  /** Which row of the component is the first of `samples`. */
  firstRow: number;
  /** How many rows of samples were made, from the top. */
  rowsReady: number;
  /** Pictures of several scans only: 64 quantised coefficients per block, in natural order. */
  coefficients: Int16Array;
  /**
   * For each coefficient (in zigzag order) how many of its lowest bits the scans so far left out;
   * -1 before the first scan that brings it.
   */
  readonly missingBits: Int8Array;
  /** The same before the component's last scan; 0 where that was the file's first. */
  readonly formerBits: Int8Array;
  /** Coefficients that scans have passed so far, once for each scan: a measure of work. */
  passes: number;
}

export interface Frame {
  readonly progressive: boolean;
  /** Whether its data are arithmetic-coded, and not by Huffman's codes. */
  readonly arithmetic: boolean;
  readonly width: number;
  readonly height: number;
  readonly maxH: number;
  readonly maxV: number;
  readonly mcusAcross: number;
  readonly mcusDown: number;
  readonly components: readonly Component[];
  readonly offset: number;
}

/** libjpeg's limit. */
const MAX_SIDE = 65500;
/** Of so many blocks (4 million samples) memory is given without asking whether the file can fill them. */
const FREE_BLOCKS = 65_536;

/** Rows of the band above that stay: filters look at a few of them. */
const KEPT_ROWS = 8;

interface ComponentSpec {
  readonly id: number;
  readonly h: number;
  readonly v: number;
  readonly tableId: number;
}

/** T.81 B.2.2, behind the marker, which is at `offset`. */
export function readFrame(marker: number, cursor: ByteCursor, offset: number): Frame {
  const length = cursor.word();
  const precision = cursor.byte();
  const height = cursor.word();
  const width = cursor.word();
  const count = cursor.byte();
  const arithmetic = marker === 0xc9 || marker === 0xca;
  if (marker > 0xc2 && !arithmetic) {
    refuse('ERR_JPEG_UNSUPPORTED', 'lossless or hierarchical JPEG is not supported', offset);
  }
  if (length !== 8 + 3 * count) {
    const problem = 'the length of a frame header does not fit its content';
    refuse('ERR_JPEG_CORRUPT', problem, offset);
  }
  if (precision !== 8) {
    refuse('ERR_JPEG_UNSUPPORTED', `${precision}-bit samples are not supported`, offset);
  }
  checkSize(width, height, offset);
  if (count !== 1 && count !== 3 && count !== 4) {
    refuse('ERR_JPEG_UNSUPPORTED', `pictures of ${count} components are not supported`, offset);
  }
  const specs: ComponentSpec[] = [];
  for (let i = 0; i < count; i++) {
    const id = cursor.byte();
    const factors = cursor.byte();
    const [h, v] = [factors >> 4, factors & 15];
    if (h < 1 || h > 4 || v < 1 || v > 4) {
      refuse('ERR_JPEG_CORRUPT', `a sampling factor is ${h}x${v}, not within 1..4`, offset);
    }
    specs.push({ id, h, v, tableId: cursor.byte() });
  }
  const coding = { progressive: marker === 0xc2 || marker === 0xca, arithmetic };
  return layOut(coding, width, height, specs, offset);
}

function checkSize(width: number, height: number, offset: number): void {
  if (width === 0 || height === 0) {
    refuse('ERR_JPEG_UNSUPPORTED', `the picture's size is ${width}x${height}`, offset);
  }
  const problem =
    width > MAX_SIDE || height > MAX_SIDE
      ? `no side may be longer than ${MAX_SIDE}`
      : tooManyPixels(width, height);
  if (problem !== null) {
    refuse('ERR_JPEG_TOO_LARGE', `${width}x${height} pixels are too many: ${problem}`, offset);
  }
}

function layOut(
  coding: Pick<Frame, 'progressive' | 'arithmetic'>,
  width: number,
  height: number,
  specs: readonly ComponentSpec[],
  offset: number,
): Frame {
  const maxH = Math.max(...specs.map(({ h }) => h));
  const maxV = Math.max(...specs.map(({ v }) => v));
  const mcusAcross = Math.ceil(width / (8 * maxH));
  const mcusDown = Math.ceil(height / (8 * maxV));
  const components = specs.map(({ id, h, v, tableId }): Component => {
    if (maxH % h !== 0 || maxV % v !== 0) {
      const problem = `sampling ${h}x${v} of ${maxH}x${maxV} is not a whole ratio`;
      refuse('ERR_JPEG_UNSUPPORTED', problem, offset);
    }
    const samplesAcross = Math.ceil((width * h) / maxH);
    const samplesDown = Math.ceil((height * v) / maxV);
    return {
      id,
      h,
      v,
      tableId,
      width: samplesAcross,
      height: samplesDown,
      blocksAcross: Math.ceil(samplesAcross / 8),
      blocksDown: Math.ceil(samplesDown / 8),
      stride: mcusAcross * h,
      quantization: new Int32Array(0),
      samples: new Uint8Array(0),
      firstRow: -KEPT_ROWS,
      rowsReady: 0,
      coefficients: new Int16Array(0),
      missingBits: new Int8Array(64).fill(-1),
      formerBits: new Int8Array(64),
      passes: 0,
    };
  });
  return { ...coding, width, height, maxH, maxV, mcusAcross, mcusDown, components, offset };
}

/** Where in `samples` a block of the band that is made lies: its row from the top of the band, and its column. */
export function sampleOffset({ stride }: Component, row: number, column: number): number {
  return (KEPT_ROWS + 8 * row) * stride * 8 + 8 * column;
}

/** Makes room for the next band, once the rows were used that those so far are enough for. */
export function nextBand(component: Component): void {
  const { samples, stride, firstRow, rowsReady } = component;
  const first = rowsReady - KEPT_ROWS;
  samples.copyWithin(0, (first - firstRow) * stride * 8);
  component.firstRow = first;
}

/** How many coefficients of a component are held, where they are. */
function coefficientsOf({ mcusDown }: Frame, { stride, v }: Component): number {
  return stride * mcusDown * v * 64;
}

/** Bytes of all coefficients of a picture. */
export function coefficientBytes(frame: Frame): number {
  const counts = frame.components.map((component) => coefficientsOf(frame, component));
  return Int16Array.BYTES_PER_ELEMENT * counts.reduce((sum, count) => sum + count, 0);
}

/**
 * Memory for a band of samples, and for the coefficients of a picture of several scans.
 * @throws ImageError as `checkAgainstFile`.
 */
export function allocateBlocks(frame: Frame, buffered: boolean, fileLength: number): void {
  checkAgainstFile(frame, fileLength);
  for (const component of frame.components) {
    const rowBytes = component.stride * 8;
    component.samples = new Uint8Array((KEPT_ROWS + 8 * component.v) * rowBytes);
    if (!buffered) continue;
    const length = coefficientsOf(frame, component);
    component.coefficients = allocate(() => new Int16Array(length), frame.offset);
  }
}

/**
 * A block takes at least one bit, in sequential files two (DC and end of block), so beyond `FREE_BLOCKS` a header cannot ask for more
 * than its file can fill. Arithmetic coding knows no least, but no picture worth the memory is below a 32nd of a bit.
 * @throws ImageError `ERR_JPEG_TRUNCATED` for a file that cannot hold so many.
 */
export function checkAgainstFile(frame: Frame, fileLength: number): void {
  let blocks = 0;
  for (const { blocksAcross, blocksDown } of frame.components) blocks += blocksAcross * blocksDown;
  const leastBits = frame.arithmetic ? 1 / 32 : frame.progressive ? 1 : 2;
  if (blocks > FREE_BLOCKS && blocks * leastBits > fileLength * 8) {
    const size = `${frame.width}x${frame.height}`;
    const problem = `a file of ${fileLength} bytes cannot hold ${size} pixels`;
    refuse('ERR_JPEG_TRUNCATED', problem, frame.offset);
  }
}
