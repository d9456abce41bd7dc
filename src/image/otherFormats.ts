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
  // Its beginning has no mark: a kind of colour table, one of six kinds of pixels, and their bits.
  ['a TGA', /^.[\0\x01][\x01-\x03\x09-\x0b].{13}[\x08\x0f\x10\x18\x20]/s],
];

/** What a file is that is no picture of a format that is read, by its first bytes; `undefined` where they do not tell. */
export function otherFormat(bytes: Uint8Array): string | undefined {
  const start = textOf(bytes.subarray(0, 64), 'latin1');
  return OTHERS.find(([, pattern]) => pattern.test(start))?.[0];
}
