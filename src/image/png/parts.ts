import { bytesFrom, JoinedBytes, type RandomBytes } from '../../platform/randomBytes.js';
import { type Chunk, checkChecksum, isCritical, SIGNATURE, walkChunks } from './chunks.js';
import type { Damage } from './damage.js';
import { type PngHeader, readHeader } from './header.js';

/** What makes up the picture. */
export interface PngParts {
  readonly header: PngHeader;
  /** Three bytes a colour; empty where there is none. */
  readonly palette: Uint8Array;
  /** What tRNS says of transparent colours; empty where there is none. */
  readonly transparency: Uint8Array;
  /** The zlib stream: all IDAT chunks that follow each other. */
  readonly data: Uint8Array | RandomBytes;
  /** Where in `data` the content of each of these chunks begins. */
  readonly starts: readonly number[];
  /** Whether the file ends within the last of these chunks. */
  readonly cut: boolean;
}

/**
 * Reads IHDR, PLTE, tRNS and IDAT, as Pillow does. Up to the pixel data all must be right; there, only a checksum of zero
 * may be wrong; behind them, only a chunk that the file ends in is refused. Other chunks are passed over.
 *
 * @throws ImageError for wrong order, sizes or checksums.
 */
export function readParts(bytes: Uint8Array | RandomBytes, damage: Damage): PngParts {
  const reader = new PartsReader(bytes, damage);
  return reader.read();
}

/** What is read next: what comes before the pixel data, these, or what is behind. */
type Stage = 'before' | 'pixels' | 'behind';

class PartsReader {
  readonly #bytes: Uint8Array | RandomBytes;
  readonly #damage: Damage;
  #stage: Stage = 'before';
  #header: PngHeader | null = null;
  #headerContent = new Uint8Array(0);
  #palette = new Uint8Array(0);
  #transparency = new Uint8Array(0);
  readonly #data: { readonly at: number; readonly length: number }[] = [];
  #cut = false;
  /** Of an animation (APNG): only its first picture is read. */
  #frames = 0;
  #framesBefore = 0;
  #at = SIGNATURE.length;
  #ended = false;

  constructor(bytes: Uint8Array | RandomBytes, damage: Damage) {
    this.#bytes = bytes;
    this.#damage = damage;
  }

  read(): PngParts {
    for (const chunk of walkChunks(this.#bytes)) {
      this.#at = chunk.at + 12 + chunk.length;
      this.#take(chunk);
      if (this.#ended) break;
    }
    const header = this.#header;
    const end = Math.min(this.#at, this.#bytes.length);
    if (header === null || this.#stage === 'before') this.#refuseWithoutPixels(end);
    if (!this.#ended) this.#damage.note('ERR_PNG_SHORT', 'ends without an IEND chunk', end);
    if (header.colour === 'palette' && this.#palette.length === 0) {
      this.#damage.refuse('ERR_PNG', 'has no palette', end);
    }
    const parts = this.#data;
    const data =
      parts.length === 1 && this.#bytes instanceof Uint8Array
        ? bytesFrom(this.#bytes, parts[0].at, parts[0].at + parts[0].length)
        : new JoinedBytes(this.#bytes, parts);
    let start = 0;
    const starts = parts.map(({ length }) => {
      start += length;
      return start - length;
    });
    const [palette, transparency, cut] = [this.#palette, this.#transparency, this.#cut];
    return { header, palette, transparency, data, starts, cut };
  }

  #take(chunk: Chunk): void {
    // What comes before the header Pillow takes for a chunk that it does not know.
    const isData = chunk.type === 'IDAT' && this.#header !== null;
    if (this.#stage === 'before' && isData) this.#stage = 'pixels';
    if (this.#stage === 'pixels' && !isData) this.#stage = 'behind';
    if (this.#stage === 'before') this.#takeBefore(chunk);
    else if (this.#stage === 'pixels') this.#takePixels(chunk);
    else this.#takeBehind(chunk);
  }

  #takeBefore(chunk: Chunk): void {
    const { type, present, at } = chunk;
    const checksum = checkChecksum(this.#bytes, chunk);
    if (checksum === 'missing') this.#refuseShort(chunk);
    if (checksum !== 'right') this.#refuseChecksum(chunk);
    if (type !== 'IHDR' && this.#header === null) {
      this.#damage.note('ERR_PNG', 'does not begin with its header', at);
    }
    if (type === 'IHDR') this.#takeHeader(chunk.content, at);
    else if (type === 'PLTE') this.#takePalette(chunk.content, at);
    else if (type === 'tRNS') this.#takeTransparency(chunk.content, at);
    else if (type === 'IEND') this.#ended = true;
    else if (type === 'acTL' && present >= 8) this.#frames = readUint32(chunk.content);
    else if (type === 'fcTL') this.#framesBefore++;
    else this.#passOver(chunk);
  }

  #takeHeader(content: Uint8Array, at: number): void {
    if (this.#header === null) {
      this.#header = readHeader(content, at, this.#damage);
      this.#headerContent = content.slice();
    } else if (content.every((byte, i) => byte === this.#headerContent[i])) {
      this.#damage.note('ERR_PNG', 'has its header twice', at);
    } else {
      this.#damage.refuse('ERR_PNG', 'has two headers', at);
    }
  }

  #takePalette(content: Uint8Array, at: number): void {
    const whole = content.length % 3 === 0;
    if (this.#header?.colour === 'palette') {
      if (content.length > 768) this.#damage.refuse('ERR_PNG', 'has a bad palette', at);
      if (this.#palette.length > 0) this.#damage.note('ERR_PNG', 'has two palettes', at);
      this.#palette = content.slice(0, content.length - (content.length % 3));
    }
    if (!whole) this.#damage.note('ERR_PNG', 'has a palette that ends within a colour', at);
  }

  #takeTransparency(content: Uint8Array, at: number): void {
    if (this.#header === null) return;
    const { colour } = this.#header;
    const length = colour === 'grey' ? 2 : colour === 'rgb' ? 6 : content.length;
    if (content.length < length) {
      this.#damage.refuse('ERR_PNG', 'has a transparent colour cut short', at);
    }
    this.#transparency = content.slice(0, length);
  }

  #takePixels(chunk: Chunk): void {
    const { begin, present, length, at } = chunk;
    const checksum = checkChecksum(this.#bytes, chunk);
    if (checksum === 'wrong') this.#refuseChecksum(chunk);
    if (checksum === 'zero') {
      this.#damage.note('ERR_PNG_CHECKSUM', 'has checksum 0 on its pixel data', at);
    }
    this.#cut = present < length;
    if (this.#cut && this.#header !== null && length > mostData(this.#header)) {
      this.#refuseShort(chunk);
    }
    this.#data.push({ at: begin, length: present });
  }

  #takeBehind(chunk: Chunk): void {
    const { type, present, length, at } = chunk;
    if (type === 'fcTL' && this.#isAnimated()) {
      this.#ended = true;
      return;
    }
    if (type === 'IEND') this.#ended = true;
    else if (present < length) this.#refuseShort(chunk);
    else if (type === 'tRNS') this.#takeTransparency(chunk.content, at);
    else if (type === 'IHDR' || type === 'PLTE' || type === 'IDAT') {
      this.#damage.note('ERR_PNG', `has a chunk ${type} behind its pixel data`, at);
    } else this.#passOver(chunk);
    const checksum = checkChecksum(this.#bytes, chunk);
    if (checksum === 'missing') {
      this.#damage.note('ERR_PNG_SHORT', `is cut short in chunk ${type}`, at);
    } else if (checksum !== 'right') {
      this.#damage.note('ERR_PNG_CHECKSUM', `has a wrong checksum on chunk ${type}`, at);
    }
  }

  /** By Pillow's count. */
  #isAnimated(): boolean {
    return this.#frames > 0 && this.#frames + (this.#framesBefore > 0 ? 0 : 1) > 1;
  }

  #passOver(chunk: Chunk): void {
    if (!isCritical(chunk)) return;
    const what = `has the unknown chunk ${chunk.type}, which it says is needed`;
    this.#damage.note('ERR_PNG', what, chunk.at);
  }

  #refuseWithoutPixels(end: number): never {
    if (this.#ended) this.#damage.refuse('ERR_PNG_SHORT', 'has no pixel data', end);
    if (end + 8 > this.#bytes.length) this.#damage.refuse('ERR_PNG_SHORT', 'is cut short', end);
    this.#damage.refuse('ERR_PNG', 'holds something that is no chunk', end);
  }

  #refuseShort({ type, at }: Chunk): never {
    this.#damage.refuse('ERR_PNG_SHORT', `is cut short in chunk ${type}`, at);
  }

  #refuseChecksum({ type, at }: Chunk): never {
    this.#damage.refuse('ERR_PNG_CHECKSUM', `has a wrong checksum on chunk ${type}`, at);
  }
}

/** More than any compression makes of so many pixels, and any way of cutting them up. */
function mostData({ width, height, bitsPerPixel }: PngHeader): number {
  return 65_536 + 4 * height * (1 + Math.ceil((width * bitsPerPixel) / 8));
}

function readUint32(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
}
