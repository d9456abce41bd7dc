import { CycleganError, ShapeError } from '../errors.js';
import { toByte } from '../image/convert.js';
import { checkPictureSize } from '../image/picture.js';
import type { BeginRows } from '../image/rows.js';
import { ELEMENTS_AT_A_TIME, type ElementPart, eachRange } from '../tensor/elementSource.js';
import { formatShape, type Shape, sizeOf } from '../tensor/shape.js';
import type { PictureNetwork } from './pictureNetwork.js';

/** What a network made of a picture, `[1, C, H, W]` with three channels or one. */
export interface NetworkOutput {
  readonly part: ElementPart;
  readonly shape: Shape;
}

/**
 * The rows of the picture that a network made: from its range back to bytes, red first, a grey in all three channels.
 *
 * @param part The width and height from the left and top that are wanted.
 * @throws ShapeError or ImageError as `checkOutputShape`.
 */
export function putOutputRows(
  { part: elements, shape }: NetworkOutput,
  { outputRange: [low, high], channelOrder }: PictureNetwork,
  part: { readonly width: number; readonly height: number },
  begin: BeginRows,
): void {
  checkOutputShape(shape);
  const [channels, height, width] = shape.slice(-3);
  const plane = width * height;
  const step = channels === 3 ? plane : 0;
  const planes = channelOrder === 'rgb' ? [0, step, 2 * step] : [2 * step, step, 0];
  const put = begin({ ...part, hasAlpha: false });
  const together = Math.max(1, Math.floor(ELEMENTS_AT_A_TIME / width));
  const rgb = new Uint8Array(3 * part.width * Math.min(together, part.height));
  const range = { least: Math.fround(low), scale: Math.fround(high - low) };
  for (let y = 0; y < part.height; y += together) {
    const count = Math.min(together, part.height - y);
    const rows = Array.from({ length: count }, (_, i) =>
      rgb.subarray(3 * part.width * i, 3 * part.width * (i + 1)),
    );
    for (let c = 0; c < 3; c++) {
      const plane = elements(planes[c] + y * width, count * width);
      for (const [i, row] of rows.entries()) writeBytes(plane, i * width, range, row, c);
    }
    for (const row of rows) put(row);
  }
}

/** @throws ShapeError for what is no picture; ImageError where it has too many pixels. */
export function checkOutputShape(shape: Shape): void {
  const [channels, height, width] = shape.slice(-3);
  const one = shape.length === 4 && shape[0] === 1;
  if (!one || (channels !== 3 && channels !== 1)) {
    throw new ShapeError(
      `The network makes ${formatShape(shape)}, but a picture is [1, 3, H, W] or [1, 1, H, W].`,
    );
  }
  checkPictureSize(width, height, 'The result');
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
export function refuseNaN(part: ElementPart, shape: Shape): void {
  let count = 0;
  // By number: an iterator makes an object for each of a million values until it is optimised.
  const size = sizeOf(shape);
  eachRange(0, size, (from, length) => {
    const elements = part(from, length);
    for (let i = 0; i < length; i++) if (Number.isNaN(elements[i])) count++;
  });
  if (count === 0) return;
  throw new CycleganError(
    'ERR_NAN',
    `The network gave no number (NaN) for ${count} of ${size} values, of which no picture can be made: its weights are damaged, or their training has diverged. "cyclegan inspect FILE --stats" (in code: inspectWeights with { stats: true }) shows which of them are no numbers.`,
  );
}
