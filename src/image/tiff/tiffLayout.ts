import type { Orientation } from '../orientation.js';
import type { PictureFile } from '../pictureFile.js';
import { damaged, readDirectory, type TiffDirectory, valuesOf } from './tiffDirectory.js';

/** Of pixels: what their samples stand for. */
export type TiffColours = 'whiteIsZero' | 'blackIsZero' | 'rgb' | 'palette' | 'cmyk' | 'ycbcr';

export type TiffCompression = 'none' | 'lzw' | 'deflate' | 'packBits';

/** What an additional sample tells of how opaque a pixel is; colours of `associated` are multiplied by it. */
export type TiffAlpha = 'associated' | 'unassociated';

/** All that pixels are read by. */
export interface TiffLayout {
  readonly little: boolean;
  /** As the file has them, before they are turned. */
  readonly width: number;
  readonly height: number;
  readonly orientation: Orientation;
  readonly colours: TiffColours;
  readonly compression: TiffCompression;
  readonly predictor: 'none' | 'horizontal' | 'float';
  /** Whether the lowest bit of a byte comes first. */
  readonly isLowBitFirst: boolean;
  readonly bits: number;
  readonly sampleFormat: 'unsigned' | 'signed' | 'float';
  /** Samples of a pixel, those of alpha and of no meaning included. */
  readonly samples: number;
  readonly alpha: TiffAlpha | null;
  /** Whether each sample has strips or tiles of its own. */
  readonly isPlanar: boolean;
  readonly blocks: TiffBlocks;
  /** Red, green, blue of each colour. */
  readonly palette: Uint8Array;
  readonly ycbcr: YcbcrLayout;
}

/** Strips, or tiles: rectangles of one size, row by row, and with `isPlanar` plane by plane. */
export interface TiffBlocks {
  readonly isTiled: boolean;
  readonly width: number;
  /** The last strip has fewer rows; a tile goes on beyond the picture. */
  readonly height: number;
  readonly offsets: readonly number[];
  /** `undefined` where the file does not say. */
  readonly lengths: readonly number[] | undefined;
}

export interface YcbcrLayout {
  /** Of red, green and blue. */
  readonly luma: readonly number[];
  /** How many pixels share a chroma sample. */
  readonly across: number;
  readonly down: number;
  /** Black and white of each part. */
  readonly reference: readonly number[];
}

const TAG = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  stripOffsets: 273,
  orientation: 274,
  samples: 277,
  rowsPerStrip: 278,
  stripLengths: 279,
  planar: 284,
  predictor: 317,
  palette: 320,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileLengths: 325,
  extraSamples: 338,
  sampleFormat: 339,
  luma: 529,
  subsampling: 530,
  reference: 532,
} as const;

const COMPRESSIONS: ReadonlyMap<number, TiffCompression> = new Map([
  [1, 'none'],
  [5, 'lzw'],
  [8, 'deflate'],
  [32773, 'packBits'],
  [32946, 'deflate'],
]);

/** Those that are told by name when they are refused. */
const OTHER_COMPRESSIONS: ReadonlyMap<number, string> = new Map([
  [2, 'CCITT fax'],
  [3, 'CCITT fax, group 3'],
  [4, 'CCITT fax, group 4'],
  [6, 'JPEG, old style'],
  [7, 'JPEG'],
  [32809, 'ThunderScan'],
  [34676, 'SGI log luminance'],
  [34677, 'SGI log luminance'],
  [34712, 'JPEG 2000'],
  [34887, 'LERC'],
  [34925, 'LZMA'],
  [50000, 'Zstandard'],
  [50001, 'WebP'],
  [50002, 'JPEG XL'],
]);

const COLOURS: ReadonlyMap<number, { colours: TiffColours; samples: number }> = new Map([
  [0, { colours: 'whiteIsZero', samples: 1 }],
  [1, { colours: 'blackIsZero', samples: 1 }],
  [2, { colours: 'rgb', samples: 3 }],
  [3, { colours: 'palette', samples: 1 }],
  [5, { colours: 'cmyk', samples: 4 }],
  [6, { colours: 'ycbcr', samples: 3 }],
]);

const OTHER_COLOURS: ReadonlyMap<number, string> = new Map([
  [4, 'a transparency mask'],
  [8, 'CIE L*a*b*'],
  [9, 'ICC L*a*b*'],
  [10, 'ITU L*a*b*'],
  [32803, "a camera's raw colour filter"],
  [32844, 'log luminance'],
  [32845, 'log luminance'],
  [34892, 'a linear raw picture'],
]);

/** Without alpha, and what else there may be, which comes behind them. */
export function samplesOfColour(wanted: TiffColours): number {
  for (const { colours, samples } of COLOURS.values()) if (colours === wanted) return samples;
  throw new Error(`No colours are called ${wanted}.`);
}

/** As Pillow: more are refused there, too. */
const MAX_SAMPLES = 6;
/** Red, green and blue for each index of 16 bits. */
const MAX_PALETTE = 3 * 65_536;

/**
 * Reads everything but the pixels of the first picture of a TIFF.
 * @returns `null` when the bytes do not reach so far.
 * @throws ImageError `ERR_TIFF` for what is damaged, or of a kind that is not read.
 */
export function readLayout(bytes: PictureFile): TiffLayout | null {
  const directory = readDirectory(bytes);
  if (directory === null) return null;
  const some: Values = (tag, most) => valuesOf(bytes, directory, tag, most);
  const one = (tag: number, absent: number) => some(tag, 1)?.[0] ?? absent;
  const size = sizeIn(bytes, directory);
  const { colours, samples: meant } = coloursOf(one(TAG.photometric, 0));
  const samples = one(TAG.samples, 1);
  const bits = bitsOf(some(TAG.bits, samples) ?? [1], samples);
  if (samples < meant || samples > MAX_SAMPLES) {
    throw damaged(`The TIFF has ${samples} samples a pixel; its colours need ${meant}.`);
  }
  const alpha = samples > meant ? alphaOf(some(TAG.extraSamples, 1), colours) : null;
  const isPlanar = samples > 1 && one(TAG.planar, 1) === 2;
  const layout: TiffLayout = {
    ...size,
    little: directory.little,
    colours,
    compression: compressionOf(one(TAG.compression, 1)),
    predictor: predictorOf(one(TAG.predictor, 1)),
    isLowBitFirst: one(TAG.fillOrder, 1) === 2,
    bits,
    sampleFormat: formatOf(one(TAG.sampleFormat, 1)),
    samples,
    alpha,
    isPlanar,
    blocks: blocksOf(some, size, isPlanar ? samples : 1),
    palette: colours === 'palette' ? paletteOf(some(TAG.palette, MAX_PALETTE)) : new Uint8Array(0),
    ycbcr: ycbcrOf(some),
  };
  checkSamples(layout);
  return layout;
}

/** The first values of a tag, `most` at most. */
type Values = (tag: number, most: number) => readonly number[] | undefined;

type Size = Pick<TiffLayout, 'width' | 'height' | 'orientation'>;

/** Without the rest, for who asks for no more. @returns `null` when the bytes do not reach so far. */
export function readTiffSize(bytes: PictureFile): Size | null {
  const directory = readDirectory(bytes);
  return directory === null ? null : sizeIn(bytes, directory);
}

function sizeIn(bytes: PictureFile, directory: TiffDirectory): Size {
  const one = (tag: number) => valuesOf(bytes, directory, tag, 1)?.[0];
  const [width, height] = [one(TAG.width), one(TAG.height)];
  if (width === undefined || height === undefined) throw damaged('The TIFF has no size.');
  // A byte is text for Pillow, here as in EXIF, and turns nothing.
  const isByte = directory.entries.get(TAG.orientation)?.type === 'byte';
  const stated = isByte ? 1 : (one(TAG.orientation) ?? 1);
  const orientation = stated >= 1 && stated <= 8 ? (stated as Orientation) : 1;
  return { width, height, orientation };
}

function coloursOf(photometric: number): { colours: TiffColours; samples: number } {
  const found = COLOURS.get(photometric);
  if (found !== undefined) return found;
  const name = OTHER_COLOURS.get(photometric) ?? `of an unknown kind (${photometric})`;
  throw damaged(`The colours of the TIFF are ${name}, which is not read.`);
}

function compressionOf(value: number): TiffCompression {
  const found = COMPRESSIONS.get(value);
  if (found !== undefined) return found;
  const name = OTHER_COMPRESSIONS.get(value) ?? `an unknown method (${value})`;
  throw damaged(
    `The TIFF is compressed by ${name}, which is not read; LZW, deflate and PackBits are: tiffcp -c lzw IN OUT.`,
  );
}

function predictorOf(value: number): TiffLayout['predictor'] {
  const found = ([undefined, 'none', 'horizontal', 'float'] as const)[value];
  if (found === undefined) throw damaged(`The TIFF has an unknown predictor (${value}).`);
  return found;
}

function formatOf(value: number): TiffLayout['sampleFormat'] {
  // 4 says that nothing is known of them.
  const found = ([undefined, 'unsigned', 'signed', 'float', 'unsigned'] as const)[value];
  if (found === undefined) throw damaged(`The TIFF has samples of an unknown format (${value}).`);
  return found;
}

/** One value stands for all samples. */
function bitsOf(stated: readonly number[], samples: number): number {
  const each = stated.slice(0, samples);
  if (each.some((bits) => bits !== each[0]) || (each.length > 1 && each.length < samples)) {
    throw damaged(`The TIFF has samples of ${each.join(', ')} bits, which are not read together.`);
  }
  return each[0];
}

/** Without a word on it, the first additional sample of a colour is alpha, as Pillow takes it. */
function alphaOf(extra: readonly number[] | undefined, colours: TiffColours): TiffAlpha | null {
  if (extra === undefined) return colours === 'rgb' ? 'unassociated' : null;
  if (extra[0] === 1) return 'associated';
  // 999 is Corel Draw's.
  return extra[0] === 2 || extra[0] === 999 ? 'unassociated' : null;
}

function blocksOf(
  some: Values,
  { width, height }: { width: number; height: number },
  planes: number,
): TiffBlocks {
  const [tileWidth, tileHeight] = [some(TAG.tileWidth, 1)?.[0], some(TAG.tileHeight, 1)?.[0]];
  if (tileWidth !== undefined && tileHeight !== undefined) {
    if (tileWidth === 0 || tileHeight === 0) throw damaged('The TIFF has empty tiles.');
    const count = planes * Math.ceil(width / tileWidth) * Math.ceil(height / tileHeight);
    const offsets = some(TAG.tileOffsets, count) ?? some(TAG.stripOffsets, count);
    if (offsets === undefined) throw damaged('The TIFF does not say where its tiles are.');
    const lengths = some(TAG.tileLengths, count) ?? some(TAG.stripLengths, count);
    return { isTiled: true, width: tileWidth, height: tileHeight, offsets, lengths };
  }
  const rows = Math.min(some(TAG.rowsPerStrip, 1)?.[0] ?? height, height);
  if (rows === 0) throw damaged('The TIFF has strips without a row.');
  const count = planes * Math.ceil(height / rows);
  const strips = some(TAG.stripOffsets, count);
  if (strips === undefined) throw damaged('The TIFF does not say where its pixels are.');
  return {
    isTiled: false,
    width,
    height: rows,
    offsets: strips,
    lengths: some(TAG.stripLengths, count),
  };
}

/** All reds, all greens and all blues, of 16 bits each. */
function paletteOf(map: readonly number[] | undefined): Uint8Array {
  if (map === undefined || map.length < 3) throw damaged('The TIFF has no palette.');
  const count = Math.min(256, Math.floor(map.length / 3));
  const stride = Math.floor(map.length / 3);
  const palette = new Uint8Array(3 * count);
  for (let i = 0; i < count; i++) {
    for (let part = 0; part < 3; part++) palette[3 * i + part] = map[part * stride + i] >> 8;
  }
  return palette;
}

/** ITU-R BT.601, two by two pixels to a chroma sample, and the whole range of bytes, where the file does not say. */
function ycbcrOf(some: Values): YcbcrLayout {
  const luma = some(TAG.luma, 3) ?? [0.299, 0.587, 0.114];
  const [across, down] = some(TAG.subsampling, 2) ?? [2, 2];
  const reference = some(TAG.reference, 6) ?? [0, 255, 128, 255, 128, 255];
  return { luma, across, down, reference };
}

/** Kinds of samples that are read. */
function checkSamples(layout: TiffLayout): void {
  const { bits, samples, colours, sampleFormat, predictor } = layout;
  const isGrey = colours === 'whiteIsZero' || colours === 'blackIsZero';
  const isWhole = sampleFormat === 'unsigned';
  const known =
    (isWhole && bits === 8) ||
    (isWhole && bits === 16 && colours !== 'palette' && colours !== 'ycbcr') ||
    (isWhole && [1, 2, 4].includes(bits) && samples === 1) ||
    (isWhole && bits === 12 && isGrey && samples === 1) ||
    (isGrey && bits === 32) ||
    (isGrey && bits === 16 && sampleFormat === 'signed');
  if (!known) {
    const format = isWhole ? '' : `${sampleFormat} `;
    throw damaged(`The TIFF has ${format}samples of ${bits} bits, ${samples} a pixel: not read.`);
  }
  if (predictor === 'float' && (sampleFormat !== 'float' || bits !== 32)) {
    throw damaged('The TIFF has a predictor for floating-point numbers, and other samples.');
  }
  if (predictor === 'horizontal' && ![8, 16, 32].includes(bits)) {
    throw damaged(`The TIFF has a predictor that there is not for samples of ${bits} bits.`);
  }
  if (colours === 'ycbcr') checkSubsampling(layout);
}

function checkSubsampling({ ycbcr, isPlanar, predictor, samples }: TiffLayout): void {
  const { across, down, luma, reference } = ycbcr;
  const known = [across, down].every((n) => n === 1 || n === 2 || n === 4);
  const isPlain = across === 1 && down === 1;
  if (!known || (!isPlain && (isPlanar || predictor !== 'none' || samples !== 3))) {
    throw damaged(`The TIFF has a subsampling of ${across} x ${down} in a form that is not read.`);
  }
  if (luma.length < 3 || reference.length < 6 || !(luma[1] > 0)) {
    throw damaged('The TIFF does not say what its YCbCr is.');
  }
}
