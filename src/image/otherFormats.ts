import { textOf } from '../platform/text.js';

/** Beginnings of files that people take for pictures which are read. */
const OTHERS: readonly (readonly [name: string, start: RegExp])[] = [
  [
    'a film, of which ffmpeg -i FILE %05d.png makes pictures',
    /^(.{4}ftyp|.E\xdf\xa3|RIFF.{4}AVI )/s,
  ],
  ['a JPEG 2000', /^(\0{3}\fjP {2}|\xffO\xffQ)/],
  ['a JPEG XL', /^(\xff\n|\0{3}\fJXL )/],
  ['an icon (ICO)', /^\0\0[^\0]\0[^\0]\0/],
  ['an SVG or HTML page', /^\s*</],
];

/** What a file is that is no picture of a format that is read, by its first bytes; `undefined` where they do not tell. */
export function otherFormat(bytes: Uint8Array): string | undefined {
  const start = textOf(bytes.subarray(0, 64), 'latin1');
  return (
    OTHERS.find(([, pattern]) => pattern.test(start))?.[0] ?? (isTga(bytes) ? 'a TGA' : undefined)
  );
}

/** A TGA has no mark: it begins with a kind of colour table, one of six kinds of pixels, and, further on, their bits. */
function isTga({ 1: table, 2: kind, 16: bits }: Uint8Array): boolean {
  return table <= 1 && [1, 2, 3, 9, 10, 11].includes(kind) && [8, 15, 16, 24, 32].includes(bits);
}
