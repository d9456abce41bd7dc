import { ShapeError } from '../errors.js';
import { BYTE_TO_FLOAT } from '../image/convert.js';
import { luma } from '../image/grey.js';
import { checkPictureSize, type Picture } from '../image/picture.js';
import { resizeRows } from '../image/resize/resizeRows.js';
import type { ResizeTarget } from '../image/resize/target.js';
import { asRows, type PictureRows, putRows, RowCollector, rowsOf } from '../image/rows.js';
import { elementSource } from '../tensor/elementSource.js';
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
  const rows = isFixed(network) ? resized(picture, size) : asRows(picture);
  const values = valuesOfBytes(network.inputRange);
  const begin = () => planeByPlane(rows, shape, { ...network, values });
  return new Tensor(elementSource(begin), shape);
}

export function wholeOf(picture: Picture | PictureRows): Picture {
  if ('data' in picture) return picture;
  const collector = new RowCollector();
  putRows(picture, collector.begin);
  return collector.picture;
}

/** A single size is small, however large the picture is. */
function resized(picture: Picture | PictureRows, size: ResizeTarget): PictureRows {
  const collector = new RowCollector();
  putRows(picture, resizeRows(size)(collector.begin));
  return rowsOf(collector.picture);
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
