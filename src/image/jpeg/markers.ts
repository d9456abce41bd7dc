import { ByteCursor } from './byteCursor.js';
import { defaultConditioning } from './conditioning.js';
import type { DamageLog } from './damage.js';
import { type Frame, readFrame } from './frame.js';
import type { JpegBytes } from './jpegBytes.js';
import { refuse } from './refuse.js';
import { readScanHeader, type Scan } from './scanHeader.js';
import { Tables } from './tables.js';

/** The bit reader counts bits in 32 bits. */
const MAX_FILE_LENGTH = 2 ** 28;
/** Encoders write about ten scans. Each costs a pass over the picture, however short it is. */
const MAX_SCANS = 100;

/**
 * Reads the segments of a file in order, and keeps what later ones need. What libjpeg-turbo reads, with a warning or without,
 * is read; what it refuses, or Pillow's own look at the header does, is refused.
 */
export class MarkerReader {
  frame: Frame | undefined;
  hasJfif = false;
  /** The colour transform of Adobe's APP14 segment, if there is one. */
  adobeTransform: number | undefined;
  scanCount = 0;
  /** Stands behind the last header. Set it to the marker behind the entropy-coded data of a scan. */
  readonly cursor: ByteCursor;
  private readonly tables = new Tables();
  private readonly damage: DamageLog;

  constructor(bytes: JpegBytes, damage: DamageLog) {
    this.damage = damage;
    this.cursor = new ByteCursor(bytes, 2);
    if (bytes.length === 0) refuse('ERR_JPEG_FORMAT', 'the file is empty', 0);
    if (bytes.length > MAX_FILE_LENGTH) refuse('ERR_JPEG_TOO_LARGE', 'the file is too long', 0);
    if (bytes.byteAt(0) !== 0xff || bytes.byteAt(1) !== 0xd8) {
      refuse('ERR_JPEG_FORMAT', 'the file does not begin with the JPEG signature FF D8', 0);
    }
    if (bytes.length > 2 && bytes.byteAt(2) !== 0xff) {
      refuse('ERR_JPEG_FORMAT', 'no marker follows the JPEG signature FF D8', 2);
    }
  }

  /** Reads up to the next scan's data; `undefined` at the end of the picture. */
  nextScan(): Scan | undefined {
    const { cursor } = this;
    for (;;) {
      const from = cursor.position;
      const marker = cursor.nextMarker();
      const offset = cursor.position - 2;
      this.noteRubbish(from, offset);
      if (marker === 0xd9) {
        if (this.scanCount > 0) return undefined;
        this.restart(offset);
      } else if (marker === 0xda) {
        return this.readScan(offset);
      } else if (!this.standsAlone(marker)) {
        this.readSegment(marker, offset);
      }
    }
  }

  /** Bytes between segments, but for the fill bytes 0xFF (T.81 B.1.1.2). */
  private noteRubbish(from: number, to: number): void {
    const { bytes } = this.cursor;
    for (let at = from; at < to; at++) {
      if (bytes.byteAt(at) !== 0xff) {
        this.damage.note('leftOver', at);
        return;
      }
    }
  }

  /** Tables alone, as the end marker says; their picture must follow at once. */
  private restart(offset: number): void {
    const { cursor } = this;
    if (this.frame !== undefined) refuse('ERR_JPEG_CORRUPT', 'the frame has no scan', offset);
    if (cursor.byte() !== 0xff || cursor.byte() !== 0xd8) {
      refuse('ERR_JPEG_CORRUPT', 'the file holds no picture', offset);
    }
    this.hasJfif = false;
    this.adobeTransform = undefined;
    this.tables.restartInterval = 0;
    this.tables.conditioning = defaultConditioning();
  }

  /** RSTn and TEM (T.81 B.1.1.3). Pillow's look at the header takes no TEM. */
  private standsAlone(marker: number): boolean {
    return (marker === 0x01 && this.scanCount > 0) || (marker >= 0xd0 && marker <= 0xd7);
  }

  private readSegment(marker: number, offset: number): void {
    const { cursor, tables } = this;
    if (marker === 0xc4) {
      tables.readHuffman(cursor, offset);
    } else if (marker === 0xdb) {
      tables.readQuantization(cursor, offset);
    } else if (marker === 0xdd) {
      tables.readRestartInterval(cursor, offset);
    } else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc8 && marker !== 0xcc) {
      if (this.frame !== undefined) {
        // libjpeg looks at a frame header of a kind that it knows before it counts them.
        if (marker <= 0xc2 || marker === 0xc9 || marker === 0xca) cursor.take(8);
        refuse('ERR_JPEG_CORRUPT', 'there are two frames', offset);
      }
      this.frame = readFrame(marker, cursor, offset);
    } else if (marker === 0xde || marker === 0xdf) {
      refuse('ERR_JPEG_UNSUPPORTED', 'hierarchical JPEG is not supported', offset);
    } else if (marker === 0xcc) {
      tables.readConditioning(cursor, offset);
    } else if ((marker >= 0xe0 && marker <= 0xef) || marker === 0xfe || marker === 0xdc) {
      this.skipSegment(marker, offset);
    } else {
      const code = marker.toString(16).toUpperCase().padStart(2, '0');
      refuse('ERR_JPEG_CORRUPT', `marker FF ${code} is out of place`, offset);
    }
  }

  /** APPn, comments and DNL; of JFIF's APP0 and Adobe's APP14 what tells the colour space. */
  private skipSegment(marker: number, offset: number): void {
    const { cursor } = this;
    const length = cursor.word() - 2;
    if (length < 0) {
      this.damage.note('segmentLength', offset);
      return;
    }
    const start = cursor.position;
    const segment = cursor.bytes.slice(start, start + length);
    cursor.position += length;
    // Like libjpeg, takes no notice of them behind the first scan.
    if (this.scanCount > 0) return;
    if (marker === 0xe0 && segment.length >= 14 && startsWith(segment, 'JFIF\0')) {
      this.hasJfif = true;
    }
    if (marker === 0xee && segment.length >= 12 && startsWith(segment, 'Adobe')) {
      this.adobeTransform = segment[11];
    }
  }

  private readScan(offset: number): Scan {
    const { frame, tables, damage } = this;
    if (frame === undefined) refuse('ERR_JPEG_CORRUPT', 'a scan before the frame', offset);
    if (this.scanCount === 0) {
      const ids = new Set(frame.components.map(({ id }) => id));
      if (ids.size < frame.components.length) damage.note('sameIds', frame.offset);
      if (!frame.progressive && !frame.arithmetic) tables.addStandardHuffman();
    }
    if (++this.scanCount > MAX_SCANS) {
      refuse('ERR_JPEG_UNSUPPORTED', `there are more than ${MAX_SCANS} scans`, offset);
    }
    return readScanHeader(this.cursor, frame, tables, damage, offset, this.scanCount);
  }
}

function startsWith(segment: Uint8Array, text: string): boolean {
  return [...text].every((character, i) => segment[i] === character.charCodeAt(0));
}
