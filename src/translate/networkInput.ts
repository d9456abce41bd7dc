import { ShapeError } from '../errors.js';
import { BYTE_TO_FLOAT } from '../image/convert.js';
import { extendedFrom } from '../image/extend.js';
import { luma } from '../image/grey.js';
import { checkPictureSize, type Picture } from '../image/picture.js';
import { resize } from '../image/resize/resize.js';
import { type PictureRows, type PutRow, RowCollector, rowsOf } from '../image/rows.js';
import type { Shape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { type Measures, measureCounts } from './outputNote.js';
import {
  channelProblem,
  isFixed,
  networkInputShape,
  networkSize,
  type PictureNetwork,
} from './pictureNetwork.js';
import { planeByPlane } from './planeByPlane.js';

/**
 * What a network gets of a picture: `[1, C, H, W]` in its own range and order of channels, padded at right and bottom where
 * it does not take sides of any length, or resized where it takes a single size. Elements are made when somebody asks for them: a
 * program takes them straight into its own memory, or plane by plane into its file.
 *
 * @throws ShapeError for a network of other channels than pictures have; ImageError where padding makes too many pixels.
 */
export function networkInput(picture: Picture | PictureRows, network: PictureNetwork): Tensor {
  const problem = channelProblem(network);
  if (problem !== null) throw new ShapeError(problem);
  const shape = networkInputShape(picture, network);
  const size = networkSize(picture, network);
  if (!isFixed(network)) checkPictureSize(size.width, size.height, 'A padded picture');
  const rows = isFixed(network) ? rowsOf(resize(size)(wholeOf(picture))) : asRows(picture);
  const whole = (to: Float32Array) => {
    const put = planesOf(to, shape, rows, network);
    for (let y = 0; y < rows.height; y++) put(rows.rgbRow(y));
  };
  const begin = () =>
    planeByPlane(rows, shape, { ...network, values: valuesOfBytes(network.inputRange) });
  return new Tensor(Object.assign(whole, { begin }), shape);
}

export function asRows(picture: Picture | PictureRows): PictureRows {
  return 'data' in picture ? rowsOf(picture) : picture;
}

export function wholeOf(picture: Picture | PictureRows): Picture {
  if ('data' in picture) return picture;
  const { height, hasAlpha } = picture;
  const collector = new RowCollector();
  const put = collector.begin(picture);
  for (let y = 0; y < height; y++)
    put(picture.rgbRow(y), hasAlpha ? picture.alphaRow(y) : undefined);
  return collector.picture;
}

/** Writes rows into the planes of `[1, C, H, W]`, which may be wider and higher than they are. */
function planesOf(
  to: Float32Array,
  [, channels, height, width]: Shape,
  own: { readonly width: number; readonly height: number },
  { inputRange, channelOrder }: PictureNetwork,
): PutRow {
  const values = valuesOfBytes(inputRange);
  const columns = extendedFrom(own.width, width);
  const rows = extendedFrom(own.height, height);
  const plane = width * height;
  const write = channels === 1 ? writeLuma : channelOrder === 'rgb' ? writeRgb : writeBgr;
  let y = 0;
  return (rgb) => {
    write(rgb, own.width, values, to, y * width, plane);
    for (let c = 0; c < channels; c++) {
      const row = c * plane + y * width;
      for (let x = own.width; x < width; x++) to[row + x] = to[row + columns[x]];
    }
    y++;
    if (y < own.height) return;
    for (let c = 0; c < channels; c++) {
      for (let below = own.height; below < height; below++) {
        const from = c * plane + rows[below] * width;
        to.copyWithin(c * plane + below * width, from, from + width);
      }
    }
  };
}

/** What a network gets of a picture, but for what is padded. */
export function measureInput(picture: PictureRows, network: PictureNetwork): Measures {
  const { inputRange, inputChannels = 3 } = network;
  const counts = Array.from({ length: inputChannels }, () => new Uint32Array(256));
  for (let y = 0; y < picture.height; y++) {
    const rgb = picture.rgbRow(y);
    if (inputChannels === 1) for (let i = 0; i < rgb.length; i += 3) counts[0][luma(rgb, i)]++;
    else countEach(rgb, counts);
  }
  return measureCounts(counts, valuesOfBytes(inputRange), inputRange);
}

/** How often each byte stands in each of three channels. */
function countEach(data: Uint8Array, [red, green, blue]: readonly Uint32Array[]): void {
  for (let i = 0; i < data.length; i += 3) {
    red[data[i]]++;
    green[data[i + 1]]++;
    blue[data[i + 2]]++;
  }
}

/**
 * The number that a network gets for each byte. For [−1, 1], bit for bit what torchvision's Normalize makes with mean and deviation 0.5.
 */
function valuesOfBytes([low, high]: PictureNetwork['inputRange']): Float32Array {
  if (low === 0 && high === 1) return BYTE_TO_FLOAT;
  const scale = high - low;
  const shift = Math.fround(low / scale);
  return BYTE_TO_FLOAT.map((value) => Math.fround(value + shift) * Math.fround(scale));
}

/** Writes a row of pixels at `at` of the first plane, and as far on in each of the others. */
type WriteRow = (
  rgb: Uint8Array,
  width: number,
  values: Float32Array,
  to: Float32Array,
  at: number,
  plane: number,
) => void;

const writeRgb: WriteRow = (rgb, width, values, to, at, plane) => {
  for (let x = 0, from = 0; x < width; x++, at++, from += 3) {
    to[at] = values[rgb[from]];
    to[plane + at] = values[rgb[from + 1]];
    to[2 * plane + at] = values[rgb[from + 2]];
  }
};

/** For networks that were trained with OpenCV's order. */
const writeBgr: WriteRow = (rgb, width, values, to, at, plane) => {
  for (let x = 0, from = 0; x < width; x++, at++, from += 3) {
    to[at] = values[rgb[from + 2]];
    to[plane + at] = values[rgb[from + 1]];
    to[2 * plane + at] = values[rgb[from]];
  }
};

/** As `ToTensor` makes it of Pillow's `convert('L')`. */
const writeLuma: WriteRow = (rgb, width, values, to, at) => {
  for (let x = 0, from = 0; x < width; x++, from += 3) to[at + x] = values[luma(rgb, from)];
};
