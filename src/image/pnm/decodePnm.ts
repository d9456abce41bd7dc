import { checkPictureSize, type Picture } from '../picture.js';
import { damaged, type PnmHeader, readPnmHeader, readToken, skipSpace } from './pnmHeader.js';

const SPACE = 0x20;

/** Width and height; `null` where the bytes do not reach so far. */
export function pnmSize(bytes: Uint8Array): { width: number; height: number } | null {
  const header = readPnmHeader(bytes);
  return header === null ? null : { width: header.width, height: header.height };
}

/**
 * Decodes a PBM, PGM or PPM (P1 to P6) to RGB as Pillow's `convert("RGB")` does: samples are scaled so that the largest that
 * the header allows is 255, halves to even. Greys of more than 8 bits give their high byte, where Pillow 9.4 clips them.
 *
 * @throws ImageError `ERR_PNM` when the file is damaged; `ERR_IMAGE_SIZE`.
 * @see https://netpbm.sourceforge.net/doc/
 */
export function decodePnm(bytes: Uint8Array): Picture {
  const header = readPnmHeader(bytes);
  if (header === null) throw damaged('The PNM ends within its header.');
  const { width, height, channels } = header;
  checkPictureSize(width, height, 'A PNM');
  const body = bytes.subarray(header.offset);
  const count = width * height * channels;
  checkLength(body.length, count, header);
  const samples = header.isText
    ? textSamples(body, count, header)
    : byteSamples(body, count, header);
  if (channels === 3) return { width, height, data: samples };
  const data = new Uint8Array(count * 3);
  for (let i = 0; i < count; i++) data.fill(samples[i], i * 3, i * 3 + 3);
  return { width, height, data };
}

/** Before anything is allocated: each sample takes a bit, a byte, two bytes, or a digit and a space. */
function checkLength(length: number, count: number, header: PnmHeader): void {
  const { width, height, isText, isBits, max } = header;
  const needed = isText
    ? isBits
      ? count
      : count * 2 - 1
    : isBits
      ? Math.ceil(width / 8) * height
      : count * (max > 255 ? 2 : 1);
  if (length < needed) {
    throw damaged(
      `The PNM ends within its pixels: ${length} of at least ${needed} bytes are there.`,
    );
  }
}

function byteSamples(body: Uint8Array, count: number, header: PnmHeader): Uint8Array {
  const { width, isBits, max } = header;
  const samples = new Uint8Array(count);
  if (isBits) {
    const rowBytes = Math.ceil(width / 8);
    for (let i = 0; i < count; i++) {
      const x = i % width;
      const byte = body[Math.floor(i / width) * rowBytes + (x >> 3)];
      samples[i] = (byte >> (7 - (x & 7))) & 1 ? 0 : 255;
    }
    return samples;
  }
  if (max === 255) {
    samples.set(body.subarray(0, count));
    return samples;
  }
  const scale = scaleOf(header);
  for (let i = 0; i < count; i++) {
    samples[i] = scale(max > 255 ? (body[i * 2] << 8) | body[i * 2 + 1] : body[i]);
  }
  return samples;
}

function textSamples(body: Uint8Array, count: number, header: PnmHeader): Uint8Array {
  const samples = new Uint8Array(count);
  const scale = scaleOf(header);
  // The last number may end with the file.
  const text = new Uint8Array(body.length + 1).fill(SPACE);
  text.set(body);
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (header.isBits) {
      at = skipSpace(text, at);
      const bit = text[at++] - 0x30;
      if (bit !== 0 && bit !== 1)
        throw damaged(`The PNM has no 0 or 1 for pixel ${i} of ${count}.`);
      samples[i] = bit === 1 ? 0 : 255;
      continue;
    }
    const token = readToken(text, at);
    if (token === null)
      throw damaged(`The PNM ends within its pixels: ${i} of ${count} samples are there.`);
    if (token.value > header.max) {
      throw damaged(
        `The PNM has a sample of ${token.value}, and says that ${header.max} is the largest.`,
      );
    }
    samples[i] = scale(token.value);
    at = token.end;
  }
  return samples;
}

/** A sample as a byte. */
function scaleOf({ channels, max }: PnmHeader): (sample: number) => number {
  if (max === 255) return (sample) => sample;
  if (channels === 1 && max > 255) {
    return (sample) => halfToEven((Math.min(sample, max) / max) * 65_535) >> 8;
  }
  return (sample) => Math.min(255, halfToEven((sample / max) * 255));
}

/** As Python rounds. */
function halfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
