import { newTextDecoder } from '../../platform/text.js';

/** Text as Python writes it into pickles: made when it is first asked for. */
let strictUtf8: TextDecoder | null = null;

function utf8(): TextDecoder {
  strictUtf8 ??= newTextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return strictUtf8;
}

/**
 * UTF-8, where lone surrogates may stand as three bytes each (Python's `surrogatepass`): two texts that differ in
 * Python differ here. A byte order mark is a character like any other.
 *
 * @returns `null` for bytes that are no such text.
 */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return utf8().decode(bytes);
  } catch {
    return decodeAroundSurrogates(bytes);
  }
}

/** Without lone surrogates: what Python 2 wrote as plain strings. */
export function decodeStrictUtf8(bytes: Uint8Array): string | null {
  try {
    return utf8().decode(bytes);
  } catch {
    return null;
  }
}

function decodeAroundSurrogates(bytes: Uint8Array): string | null {
  const parts: string[] = [];
  let from = 0;
  const decodeUpTo = (end: number): boolean => {
    const part = decodeStrictUtf8(bytes.subarray(from, end));
    if (part !== null) parts.push(part);
    return part !== null;
  };
  for (let at = 0; at + 2 < bytes.length; at++) {
    const [a, b, c] = [bytes[at], bytes[at + 1], bytes[at + 2]];
    if (a !== 0xed || (b & 0xe0) !== 0xa0 || (c & 0xc0) !== 0x80) continue;
    // Two that make a pair here are two characters in Python, and not the one that they would be here.
    const isSecondOfPair = b >= 0xb0 && from === at && from > 0;
    if (isSecondOfPair || !decodeUpTo(at)) return null;
    parts.push(String.fromCharCode(0xd000 | ((b & 0x3f) << 6) | (c & 0x3f)));
    from = at + 3;
    at += 2;
  }
  return decodeUpTo(bytes.length) ? parts.join('') : null;
}

/**
 * Python's `raw-unicode-escape`: Latin-1, and `\uXXXX` or `\UXXXXXXXX` behind an odd number of backslashes.
 * @returns `null` for an escape that is cut short, or of no character.
 */
export function decodeRawUnicodeEscape(bytes: Uint8Array): string | null {
  const source = decodeLatin1(bytes);
  // As above: a pair of escapes is two characters in Python.
  let isSound = !/\\u[dD][89abAB]..\\u[dD][c-fC-F]/.test(source);
  const text = source.replace(
    // A run of backslashes always matches, as a whole: to try from each of many would take quadratic time.
    /(\\+)(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([uU]))?/g,
    (all: string, slashes: string, short?: string, long?: string, broken?: string) => {
      const digits = short ?? long ?? broken;
      if (digits === undefined || slashes.length % 2 === 0) return all;
      const code = Number.parseInt(digits, 16);
      if (broken !== undefined || code > 0x10ffff) {
        isSound = false;
        return '';
      }
      return slashes.slice(1) + String.fromCodePoint(code);
    },
  );
  return isSound ? text : null;
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/**
 * The bytes of a quoted string of Python 2, `'a\x41'`, as `codecs.escape_decode` gives them.
 * @returns `null` unless it is quoted, and its escapes are whole.
 */
export function decodeQuoted(bytes: Uint8Array): Uint8Array | null {
  const line = decodeLatin1(bytes);
  const quote = line[0];
  if (line.length < 2 || (quote !== "'" && quote !== '"') || line.at(-1) !== quote) return null;
  let isSound = true;
  const text = line
    .slice(1, -1)
    .replace(
      /\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|([\s\S]|$))/g,
      (all: string, hex?: string, octal?: string, character?: string) => {
        if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
        if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
        if (character === 'x' || character === '') isSound = false;
        return SIMPLE_ESCAPES[character ?? ''] ?? all;
      },
    );
  return isSound ? Uint8Array.from(text, (character) => character.charCodeAt(0)) : null;
}

/** Characters that are made of bytes in one call. */
const LATIN1_PIECE = 4096;

/** Every byte as the character of its number; a `TextDecoder` may read Windows-1252 instead. */
export function decodeLatin1(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += LATIN1_PIECE) {
    parts.push(String.fromCharCode(...bytes.subarray(at, at + LATIN1_PIECE)));
  }
  return parts.join('');
}
