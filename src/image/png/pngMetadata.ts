import { inflateZlib } from '../../platform/inflate.js';
import type { RandomBytes } from '../../platform/randomBytes.js';
import { type Metadata, withoutExifName } from '../metadata.js';
import { type Chunk, walkChunks } from './chunks.js';

const XMP = 'XML:com.adobe.xmp';
/** ImageMagick's, from the time before there was a chunk for EXIF. */
const RAW_EXIF = 'Raw profile type exif';
/** A text chunk's keyword has 79 bytes at most. */
const LONGEST_KEYWORD = 79;
/** Pillow's limit, too. */
const LONGEST_TEXT = 2 ** 20;

/**
 * From the chunks eXIf, and tEXt, zTXt or iTXt with XMP or with ImageMagick's form of EXIF. As in Pillow, the last of each
 * counts, but what is behind the pixel data does not matter where an eXIf chunk is before them.
 *
 * @see PNG Specification, third edition, 11.3.3 and 11.3.4.5; XMP Specification, part 3
 */
export function pngMetadata(bytes: Uint8Array | RandomBytes): Metadata {
  const found: { exif?: Chunk; raw?: Chunk; xmp?: Chunk } = {};
  let complete = false;
  for (const chunk of walkChunks(bytes)) {
    complete = chunk.type === 'IEND' || (chunk.type === 'IDAT' && found.exif !== undefined);
    if (complete || chunk.present < chunk.length) break;
    const keyword = keywordOf(chunk);
    if (chunk.type === 'eXIf') found.exif = chunk;
    else if (keyword === RAW_EXIF) found.raw = chunk;
    else if (keyword === XMP) found.xmp = chunk;
  }
  const xmp = found.xmp === undefined ? null : textOf(found.xmp);
  const raw = found.raw === undefined ? null : textOf(found.raw);
  const exif = found.exif?.content ?? (raw === null ? null : fromHex(raw));
  return { exif: exif === null ? null : withoutExifName(exif), xmp, complete };
}

/** Of a text chunk; else `null`. */
function keywordOf(chunk: Chunk): string | null {
  if (!/^(tEXt|zTXt|iTXt)$/.test(chunk.type)) return null;
  const { content } = chunk;
  const end = content.subarray(0, LONGEST_KEYWORD + 1).indexOf(0);
  return end < 0 ? null : String.fromCharCode(...content.subarray(0, end));
}

/** The text of a text chunk; `null` where it has none, or a damaged or a very long one. */
function textOf({ type, content }: Chunk): Uint8Array | null {
  const text = content.subarray(content.indexOf(0) + 1);
  if (type === 'tEXt') return text;
  if (type === 'zTXt') return text[0] === 0 ? inflated(text.subarray(1)) : null;
  // Whether it is compressed, and how; then two strings: the language, and the keyword in it.
  const [compressed, method] = text;
  const language = text.indexOf(0, 2);
  const translated = language < 0 ? -1 : text.indexOf(0, language + 1);
  if (translated < 0) return null;
  const value = text.subarray(translated + 1);
  if (compressed === 0) return value;
  return method === 0 ? inflated(value) : null;
}

function inflated(data: Uint8Array): Uint8Array | null {
  const { bytes, end } = inflateZlib(data, LONGEST_TEXT);
  return end === 'whole' || end === 'unchecked' || end === 'unfinished' ? bytes : null;
}

/** The bytes of a raw profile: behind an empty line, its name and its length, they are in hexadecimal digits. */
function fromHex(text: Uint8Array): Uint8Array | null {
  let at = 0;
  for (let line = 0; line < 3; line++) {
    at = text.indexOf(0x0a, at) + 1;
    if (at === 0) return null;
  }
  const digits: number[] = [];
  for (const code of text.subarray(at, at + LONGEST_TEXT)) {
    const digit = Number.parseInt(String.fromCharCode(code), 16);
    if (!Number.isNaN(digit)) digits.push(digit);
    else if (code > 0x20) return null;
  }
  return Uint8Array.from({ length: digits.length >> 1 }, (_, i) => {
    return digits[2 * i] * 16 + digits[2 * i + 1];
  });
}
