import { MOST_PIXELS } from '../picture.js';
import { buildHuffmanTable, type HuffmanTable } from './huffman.js';
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
  /** Rows of `stride` blocks of 8 samples. */
  samples: Uint8Array;
  /** How many rows of samples are there, from the top. */
  rowsReady: number;
  /** Progressive files only: 64 quantised coefficients a block, in natural order. */
  coefficients: Int16Array;
  /**
   * For each coefficient (in zigzag order) how many of its lowest bits the scans so far left out;
   * -1 before the first scan that brings it.
   */
  readonly missingBits: Int8Array;
}

export interface Frame {
  readonly progressive: boolean;
  readonly width: number;
  readonly height: number;
  readonly maxH: number;
  readonly maxV: number;
  readonly mcusAcross: number;
  readonly mcusDown: number;
  readonly components: readonly Component[];
  readonly offset: number;
}

export interface ScanComponent {
  readonly component: Component;
  readonly dcTable: HuffmanTable;
  readonly acTable: HuffmanTable;
  /** The DC coefficient of the previous block. */
  predictor: number;
  /** Blocks still to come without new coefficients in this band (progressive). */
  eobRun: number;
}

/** One scan header (T.81 B.2.3). A sequential scan always has the band 0..63 and no shift. */
export interface Scan {
  readonly components: readonly ScanComponent[];
  readonly bandStart: number;
  readonly bandEnd: number;
  readonly refining: boolean;
  readonly shift: number;
  readonly restartInterval: number;
}

/**
 * Natural position (row * 8 + column) of each coefficient in zigzag order (T.81 figure A.6).
 * 16 further entries catch the longest run of zeros behind the last coefficient in damaged data.
 */
export const NATURAL_ORDER = buildNaturalOrder();

/** The bit reader counts bits in 32 bits. */
const MAX_FILE_LENGTH = 2 ** 28;
/** libjpeg's limit. */
const MAX_SIDE = 65500;
/** T.81 B.2.3. */
const MAX_BLOCKS_IN_MCU = 10;
/** Encoders write about ten scans. Each costs a pass over the picture, however short it is. */
const MAX_SCANS = 100;

/** Reads the segments of a file in order, and keeps what later ones need. */
export class MarkerReader {
  /** The next byte to read. Set it behind the entropy-coded data of a scan. */
  position = 2;
  frame: Frame | undefined;
  hasJfif = false;
  /** The colour transform of Adobe's APP14 segment, if there is one. */
  adobeTransform: number | undefined;
  private readonly bytes: Uint8Array;
  private readonly quantizationTables: Int32Array[] = [];
  private readonly dcTables: HuffmanTable[] = [];
  private readonly acTables: HuffmanTable[] = [];
  private restartInterval = 0;
  private scanCount = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    if (bytes.length === 0) refuse('ERR_JPEG_FORMAT', 'the file is empty', 0);
    if (bytes.length > MAX_FILE_LENGTH) refuse('ERR_JPEG_TOO_LARGE', 'the file is too long', 0);
    if (bytes[0] !== 0xff || bytes[1] !== 0xd8) {
      refuse('ERR_JPEG_FORMAT', 'the file does not begin with the JPEG signature FF D8', 0);
    }
  }

  /** Reads up to the next scan's data; `undefined` at the end of the picture. */
  nextScan(): Scan | undefined {
    for (;;) {
      const marker = this.nextMarker();
      if (marker === 0xd9) return undefined;
      if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) continue;
      const offset = this.position - 2;
      const segment = this.readSegment(marker);
      if (marker === 0xda) return this.readScanHeader(segment, offset);
      this.readTables(marker, segment, offset);
    }
  }

  private nextMarker(): number {
    const { bytes } = this;
    let at = this.position;
    // Fill bytes (T.81 B.1.1.2), and rubbish between segments, which libjpeg skips too.
    while (at + 1 < bytes.length && !isMarker(bytes[at], bytes[at + 1])) at++;
    if (at + 1 >= bytes.length) {
      refuse('ERR_JPEG_TRUNCATED', 'the file ends without an end-of-image marker', bytes.length);
    }
    this.position = at + 2;
    return bytes[at + 1];
  }

  /** The segment's content, without the two length bytes. */
  private readSegment(marker: number): Uint8Array {
    const { bytes, position } = this;
    const length = position + 1 < bytes.length ? (bytes[position] << 8) | bytes[position + 1] : 2;
    const end = position + length;
    if (length < 2) {
      const problem = `the segment of marker ${hex(marker)} has the impossible length ${length}`;
      refuse('ERR_JPEG_CORRUPT', problem, position);
    }
    if (end > bytes.length) {
      const problem = `the file ends within the segment of marker ${hex(marker)}`;
      refuse('ERR_JPEG_TRUNCATED', problem, bytes.length);
    }
    this.position = end;
    return bytes.subarray(position + 2, end);
  }

  private readTables(marker: number, segment: Uint8Array, offset: number): void {
    if (marker === 0xc4) {
      this.readHuffmanTables(segment, offset);
    } else if (marker === 0xdb) {
      this.readQuantizationTables(segment, offset);
    } else if (marker === 0xdd) {
      if (segment.length !== 2) badLength('restart interval', offset);
      this.restartInterval = (segment[0] << 8) | segment[1];
    } else if (marker === 0xe0 || marker === 0xee) {
      this.readColourHints(segment);
    } else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc8 && marker !== 0xcc) {
      if (this.frame !== undefined) refuse('ERR_JPEG_CORRUPT', 'there are two frames', offset);
      this.frame = readFrame(marker, segment, offset);
    } else if (marker === 0xde || marker === 0xdf) {
      refuse('ERR_JPEG_UNSUPPORTED', 'hierarchical JPEG is not supported', offset);
    } else if (marker < 0xc0 || marker === 0xc8 || marker === 0xd8) {
      refuse('ERR_JPEG_CORRUPT', `marker ${hex(marker)} is out of place`, offset);
    }
    // Everything else carries no pixels: EXIF and other APPn, comments.
  }

  /** JFIF's APP0 and Adobe's APP14. Like libjpeg, takes no notice of them behind the first scan. */
  private readColourHints(segment: Uint8Array): void {
    if (this.scanCount > 0) return;
    if (segment.length >= 14 && startsWith(segment, 'JFIF\0')) this.hasJfif = true;
    if (segment.length >= 12 && startsWith(segment, 'Adobe')) this.adobeTransform = segment[11];
  }

  /** T.81 B.2.4.1. */
  private readQuantizationTables(segment: Uint8Array, offset: number): void {
    for (let at = 0; at < segment.length; ) {
      const wide = segment[at] >> 4;
      const id = segment[at] & 15;
      at++;
      if (wide > 1 || id > 3) {
        refuse('ERR_JPEG_CORRUPT', 'a quantisation table has an impossible number', offset);
      }
      if (at + 64 * (wide + 1) > segment.length) badLength('quantisation table', offset);
      // A new array: components whose first scan has begun keep the old one.
      const table = new Int32Array(64);
      for (let i = 0; i < 64; i++) {
        table[NATURAL_ORDER[i]] = wide ? (segment[at++] << 8) | segment[at++] : segment[at++];
      }
      this.quantizationTables[id] = table;
    }
  }

  /** T.81 B.2.4.2. */
  private readHuffmanTables(segment: Uint8Array, offset: number): void {
    for (let at = 0; at < segment.length; ) {
      const kind = segment[at] >> 4;
      const id = segment[at] & 15;
      if (kind > 1 || id > 3) {
        refuse('ERR_JPEG_CORRUPT', 'a Huffman table has an impossible number', offset);
      }
      const counts = segment.subarray(at + 1, at + 17);
      let total = 0;
      for (const count of counts) total += count;
      if (counts.length < 16 || total > 256 || at + 17 + total > segment.length) {
        badLength('Huffman table', offset);
      }
      const symbols = segment.subarray(at + 17, at + 17 + total);
      if (kind === 0 && symbols.some((symbol) => symbol > 15)) {
        refuse('ERR_JPEG_CORRUPT', 'a Huffman table for DC has a symbol above 15', offset);
      }
      const tables = kind === 0 ? this.dcTables : this.acTables;
      tables[id] = buildHuffmanTable(counts, symbols, offset);
      at += 17 + total;
    }
  }

  /** T.81 B.2.3; for the progressive parameters G.1.1.1. */
  private readScanHeader(segment: Uint8Array, offset: number): Scan {
    const { frame } = this;
    if (frame === undefined) refuse('ERR_JPEG_CORRUPT', 'a scan before the frame', offset);
    if (++this.scanCount > MAX_SCANS) {
      refuse('ERR_JPEG_UNSUPPORTED', `there are more than ${MAX_SCANS} scans`, offset);
    }
    const count = segment[0];
    if (!(count >= 1 && count <= 4) || segment.length !== 4 + 2 * count) {
      badLength('scan header', offset);
    }
    const { progressive } = frame;
    const bandStart = progressive ? segment[1 + 2 * count] : 0;
    const bandEnd = progressive ? segment[2 + 2 * count] : 63;
    const high = progressive ? segment[3 + 2 * count] >> 4 : 0;
    const shift = progressive ? segment[3 + 2 * count] & 15 : 0;
    const badBand = bandStart === 0 ? bandEnd !== 0 : bandEnd < bandStart || count > 1;
    if (
      progressive &&
      (badBand || bandEnd > 63 || shift > 13 || (high > 0 && high !== shift + 1))
    ) {
      refuse('ERR_JPEG_CORRUPT', 'a scan has impossible progressive parameters', offset);
    }
    allocateBlocks(frame, this.bytes.length);
    const refining = high > 0;
    const needsDc = bandStart === 0 && !refining;
    const needsAc = bandEnd > 0;
    const components: ScanComponent[] = [];
    let blocksInMcu = 0;
    for (let i = 0; i < count; i++) {
      const id = segment[1 + 2 * i];
      const dcTable = this.dcTables[segment[2 + 2 * i] >> 4];
      const acTable = this.acTables[segment[2 + 2 * i] & 15];
      const component = frame.components.find((candidate) => candidate.id === id);
      if (component === undefined || components.some((other) => other.component === component)) {
        refuse('ERR_JPEG_CORRUPT', `a scan names component ${id} wrongly`, offset);
      }
      // Each bit once and in order (T.81 G.1.1.1.1): it also bounds the work that a file can cause.
      const band = component.missingBits.subarray(bandStart, bandEnd + 1);
      if (band.some((missing) => missing !== (refining ? high : -1))) {
        refuse('ERR_JPEG_CORRUPT', `a scan repeats or skips data of component ${id}`, offset);
      }
      band.fill(shift);
      if ((needsDc && !dcTable) || (needsAc && !acTable)) {
        refuse('ERR_JPEG_CORRUPT', `the Huffman table of component ${id} is missing`, offset);
      }
      const quantization = this.quantizationTables[component.tableId];
      if (component.quantization.length === 0 && quantization !== undefined) {
        component.quantization = quantization;
      }
      if (component.quantization.length === 0) {
        refuse('ERR_JPEG_CORRUPT', `the quantisation table of component ${id} is missing`, offset);
      }
      blocksInMcu += component.h * component.v;
      components.push({ component, dcTable, acTable, predictor: 0, eobRun: 0 });
    }
    if (count > 1 && blocksInMcu > MAX_BLOCKS_IN_MCU) {
      refuse('ERR_JPEG_CORRUPT', `a scan interleaves ${blocksInMcu} blocks, 10 at most`, offset);
    }
    const { restartInterval } = this;
    return { components, bandStart, bandEnd, refining, shift, restartInterval };
  }
}

function readFrame(marker: number, segment: Uint8Array, offset: number): Frame {
  if (marker > 0xc2) {
    const process = marker >= 0xc9 ? 'arithmetic coding' : 'lossless or hierarchical JPEG';
    refuse('ERR_JPEG_UNSUPPORTED', `${process} is not supported`, offset);
  }
  const count = segment[5];
  if (segment.length < 6 || segment.length !== 6 + 3 * count) badLength('frame header', offset);
  if (segment[0] !== 8) {
    refuse('ERR_JPEG_UNSUPPORTED', `${segment[0]}-bit samples are not supported`, offset);
  }
  const height = (segment[1] << 8) | segment[2];
  const width = (segment[3] << 8) | segment[4];
  if (width === 0 || height === 0) {
    refuse('ERR_JPEG_UNSUPPORTED', `the picture's size is ${width}x${height}`, offset);
  }
  if (width > MAX_SIDE || height > MAX_SIDE || width * height > MOST_PIXELS) {
    const problem = `${width}x${height} pixels are more than this decoder's limit`;
    refuse('ERR_JPEG_TOO_LARGE', problem, offset);
  }
  if (count !== 1 && count !== 3 && count !== 4) {
    refuse('ERR_JPEG_UNSUPPORTED', `pictures of ${count} components are not supported`, offset);
  }
  let maxH = 1;
  let maxV = 1;
  for (let at = 7; at < segment.length; at += 3) {
    const h = segment[at] >> 4;
    const v = segment[at] & 15;
    if (h < 1 || h > 4 || v < 1 || v > 4) {
      refuse('ERR_JPEG_CORRUPT', `a sampling factor is ${h}x${v}, not within 1..4`, offset);
    }
    maxH = Math.max(maxH, h);
    maxV = Math.max(maxV, v);
  }
  const mcusAcross = Math.ceil(width / (8 * maxH));
  const mcusDown = Math.ceil(height / (8 * maxV));
  const components: Component[] = [];
  for (let at = 6; at < segment.length; at += 3) {
    const h = segment[at + 1] >> 4;
    const v = segment[at + 1] & 15;
    if (maxH % h !== 0 || maxV % v !== 0) {
      const problem = `sampling ${h}x${v} of ${maxH}x${maxV} is not a whole ratio`;
      refuse('ERR_JPEG_UNSUPPORTED', problem, offset);
    }
    const samplesAcross = Math.ceil((width * h) / maxH);
    const samplesDown = Math.ceil((height * v) / maxV);
    components.push({
      id: segment[at],
      h,
      v,
      tableId: segment[at + 2],
      width: samplesAcross,
      height: samplesDown,
      blocksAcross: Math.ceil(samplesAcross / 8),
      blocksDown: Math.ceil(samplesDown / 8),
      stride: mcusAcross * h,
      quantization: new Int32Array(0),
      samples: new Uint8Array(0),
      rowsReady: 0,
      coefficients: new Int16Array(0),
      missingBits: new Int8Array(64).fill(-1),
    });
  }
  const progressive = marker === 0xc2;
  return { progressive, width, height, maxH, maxV, mcusAcross, mcusDown, components, offset };
}

/**
 * Memory for the samples and coefficients, at the first scan. A block takes at least one bit, in sequential
 * files two (DC and end of block), so a header cannot ask for more than its file can fill.
 */
function allocateBlocks(frame: Frame, fileLength: number): void {
  let blocks = 0;
  for (const { blocksAcross, blocksDown } of frame.components) blocks += blocksAcross * blocksDown;
  if (blocks * (frame.progressive ? 1 : 2) > fileLength * 8) {
    const size = `${frame.width}x${frame.height}`;
    const problem = `a file of ${fileLength} bytes cannot hold ${size} pixels`;
    refuse('ERR_JPEG_TRUNCATED', problem, frame.offset);
  }
  for (const component of frame.components) {
    const length = component.stride * frame.mcusDown * component.v * 64;
    if (component.samples.length > 0) continue;
    component.samples = allocate(() => new Uint8Array(length), frame.offset);
    if (!frame.progressive) continue;
    component.coefficients = allocate(() => new Int16Array(length), frame.offset);
  }
}

function buildNaturalOrder(): Uint8Array {
  const order = new Uint8Array(64 + 16).fill(63);
  let index = 0;
  for (let diagonal = 0; diagonal < 15; diagonal++) {
    for (let i = Math.max(0, diagonal - 7); i <= Math.min(7, diagonal); i++) {
      const row = diagonal % 2 === 0 ? diagonal - i : i;
      order[index++] = row * 8 + (diagonal - row);
    }
  }
  return order;
}

function isMarker(first: number, second: number): boolean {
  return first === 0xff && second !== 0 && second !== 0xff;
}

function badLength(what: string, offset: number): never {
  refuse('ERR_JPEG_CORRUPT', `the length of a ${what} does not fit its content`, offset);
}

function startsWith(segment: Uint8Array, text: string): boolean {
  return [...text].every((character, i) => segment[i] === character.charCodeAt(0));
}

function hex(marker: number): string {
  return `FF ${marker.toString(16).toUpperCase().padStart(2, '0')}`;
}
