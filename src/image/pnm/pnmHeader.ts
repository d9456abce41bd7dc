import { ImageError } from '../picture.js';

/** What the second character of a file says. */
const KINDS: Readonly<Record<string, { channels: 1 | 3; isText: boolean; isBits: boolean }>> = {
  1: { channels: 1, isText: true, isBits: true },
  2: { channels: 1, isText: true, isBits: false },
  3: { channels: 3, isText: true, isBits: false },
  4: { channels: 1, isText: false, isBits: true },
  5: { channels: 1, isText: false, isBits: false },
  6: { channels: 3, isText: false, isBits: false },
};

export interface PnmHeader {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** Whether samples are written in decimal digits. */
  readonly isText: boolean;
  /** Whether a sample is a bit, 1 for black. */
  readonly isBits: boolean;
  /** The largest sample, which is white. */
  readonly max: number;
  /** Where samples begin. */
  readonly offset: number;
}

/** No number of a header has more digits, as in Pillow. */
const MAX_DIGITS = 10;
const MAX_SAMPLE = 65_535;

export function damaged(message: string): ImageError {
  return new ImageError('ERR_PNM', message);
}

export function isPnm(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] >= 0x31 && bytes[1] <= 0x36 && isSpace(bytes[2]);
}

export function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 9 && byte <= 13);
}

/**
 * Reads the header of a PBM, PGM or PPM, of text or bytes.
 * @returns `null` when the bytes do not reach so far.
 * @throws ImageError `ERR_PNM` for a header that is none.
 * @see https://netpbm.sourceforge.net/doc/ppm.html
 */
export function readPnmHeader(bytes: Uint8Array): PnmHeader | null {
  const kind = KINDS[String.fromCharCode(bytes[1])];
  const wanted = kind.isBits ? 2 : 3;
  const numbers: number[] = [];
  let at = 2;
  while (numbers.length < wanted) {
    const token = readToken(bytes, at);
    if (token === null) return null;
    numbers.push(token.value);
    at = token.end;
  }
  const [width, height, max = 1] = numbers;
  if (max < 1 || max > MAX_SAMPLE) {
    throw damaged(
      `The PNM says that ${max} is its largest sample; 1 to ${MAX_SAMPLE} are allowed.`,
    );
  }
  // One space, and no comment, ends the header.
  return { ...kind, width, height, max, offset: at + 1 };
}

/** The number at or behind a place, past spaces and comments; `null` where the bytes end before it does. */
export function readToken(
  bytes: Uint8Array,
  from: number,
): { readonly value: number; readonly end: number } | null {
  let at = skipSpace(bytes, from);
  const begin = at;
  let value = 0;
  for (; at < bytes.length && !isSpace(bytes[at]) && bytes[at] !== COMMENT; at++) {
    const digit = bytes[at] - 0x30;
    if (digit < 0 || digit > 9 || at - begin >= MAX_DIGITS) {
      throw damaged(`The PNM has no number at byte ${begin}.`);
    }
    value = value * 10 + digit;
  }
  return at === begin || at === bytes.length ? null : { value, end: at };
}

const COMMENT = 0x23;

/** The first place that is neither space nor in a comment, which goes on to the end of its line. */
export function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  for (; isSpace(bytes[at]) || bytes[at] === COMMENT; at++) {
    if (bytes[at] !== COMMENT) continue;
    while (at < bytes.length && bytes[at] !== 10 && bytes[at] !== 13) at++;
  }
  return at;
}
