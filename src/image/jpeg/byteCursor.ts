import type { JpegBytes } from './jpegBytes.js';
import { refuse } from './refuse.js';

/** Reads markers and their segments, byte by byte in libjpeg's order: what it checks first is refused first. */
export class ByteCursor {
  readonly bytes: JpegBytes;
  /** The next byte to read; beyond `end` where a segment claims more than there is. */
  position: number;
  /** How far may be read. */
  end: number;

  constructor(bytes: JpegBytes, position: number) {
    this.bytes = bytes;
    this.position = position;
    this.end = bytes.length;
  }

  byte(): number {
    if (this.position >= this.end) {
      const problem = 'the file ends within a segment, or without an end-of-image marker';
      refuse('ERR_JPEG_TRUNCATED', problem, this.bytes.length);
    }
    const { bytes, position } = this;
    bytes.need(position);
    this.position = position + 1;
    return bytes.block[position - bytes.blockAt];
  }

  word(): number {
    const high = this.byte();
    return (high << 8) | this.byte();
  }

  /** The next `count` bytes. */
  take(count: number): Uint8Array {
    const start = this.position;
    for (let i = 0; i < count; i++) this.byte();
    return this.bytes.slice(start, start + count);
  }

  /**
   * To behind the next marker, whose code it returns: any byte but 0 and 0xFF behind 0xFF, of which there may be several
   * (T.81 B.1.1.2). Everything before is skipped.
   */
  nextMarker(): number {
    for (;;) {
      const found = this.bytes.indexOf(0xff, this.position);
      this.position = found < 0 ? this.end : found + 1;
      let code = this.byte();
      while (code === 0xff) code = this.byte();
      if (code !== 0) return code;
    }
  }
}
