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
  const range = { least: Math.fround(low), scale: Math.fround(high - low) };
  for (let y = 0; y < part.height; y++) {
    for (let c = 0; c < 3; c++) writeBytes(elements, planes[c] + y * width, range, rgb, c);
    put(rgb);
  }
}

/** Every third byte from `first` on, of elements from `from` on: in float32, as PyTorch does. */
function writeBytes(
  elements: Float32Array,
  from: number,
  { least, scale }: { readonly least: number; readonly scale: number },
  rgb: Uint8Array,
  first: number,
): void {
  for (let to = first, at = from; to < rgb.length; to += 3, at++) {
    rgb[to] = toByte(Math.fround(Math.fround(elements[at] - least) / scale));
  }
}

/** @throws CycleganError `ERR_NAN` where the network gave what is no number, of which bytes would be black. */
export function refuseNaN(elements: Float32Array): void {
  let count = 0;
  // By number: an iterator makes an object for each of a million values until it is optimised.
  for (let i = 0; i < elements.length; i++) if (Number.isNaN(elements[i])) count++;
  if (count === 0) return;
  throw new CycleganError(
    'ERR_NAN',
    `The network gave no number (NaN) for ${count} of ${elements.length} values, of which no picture can be made: its weights are damaged, or their training has diverged. "cyclegan inspect FILE --stats" (in code: inspectWeights with { stats: true }) shows which of them are no numbers.`,
  );
}
