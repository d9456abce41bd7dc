import { CycleganError, ShapeError } from '../errors.js';
import { toByte } from '../image/convert.js';
import { checkPictureSize } from '../image/picture.js';
import type { BeginRows } from '../image/rows.js';
import { formatShape, type Shape } from '../tensor/shape.js';
import type { PictureNetwork } from './pictureNetwork.js';

/** What a network made of a picture, `[1, C, H, W]` with three channels or one. */
export interface NetworkOutput {
  readonly elements: Float32Array;
  readonly shape: Shape;
}

/**
 * The rows of the picture that a network made: from its range back to bytes, red first, a grey in all three channels.
 *
 * @param part The width and height from the left and top that are wanted.
 * @throws ShapeError for what is no picture; ImageError where it has too many pixels.
 */
export function putOutputRows(
  { elements, shape }: NetworkOutput,
  { outputRange: [low, high], channelOrder }: PictureNetwork,
  part: { readonly width: number; readonly height: number },
  begin: BeginRows,
): void {
  const [channels, height, width] = shape.slice(-3);
  const one = shape.length === 4 && shape[0] === 1;
  if (!one || (channels !== 3 && channels !== 1)) {
    throw new ShapeError(
      `The network made ${formatShape(shape)}, but a picture is [1, 3, H, W] or [1, 1, H, W].`,
    );
  }
  checkPictureSize(width, height, 'A picture');
  const plane = width * height;
  const step = channels === 3 ? plane : 0;
  const planes = channelOrder === 'rgb' ? [0, step, 2 * step] : [2 * step, step, 0];
  const put = begin({ ...part, hasAlpha: false });
  const rgb = new Uint8Array(3 * part.width);
  const isUnit = low === 0 && high === 1;
  const [least, scale] = [Math.fround(low), Math.fround(high - low)];
  for (let y = 0; y < part.height; y++) {
    for (let c = 0; c < 3; c++) {
      const from = planes[c] + y * width;
      for (let x = 0, to = c; x < part.width; x++, to += 3) {
        const value = elements[from + x];
        // In float32, as PyTorch does.
        rgb[to] = toByte(isUnit ? value : Math.fround(Math.fround(value - least) / scale));
      }
    }
    put(rgb);
  }
}

/** @throws CycleganError `ERR_NAN` where the network gave what is no number, of which bytes would be black. */
export function refuseNaN(elements: Float32Array): void {
  let count = 0;
  for (const value of elements) if (Number.isNaN(value)) count++;
  if (count === 0) return;
  throw new CycleganError(
    'ERR_NAN',
    `The network gave no number (NaN) for ${count} of ${elements.length} values, of which no picture can be made: its weights are damaged, or their training has diverged. "cyclegan inspect FILE --stats" (in code: inspectWeights with { stats: true }) shows which of them are no numbers.`,
  );
}
