import { extendedFrom } from '../image/extend.js';
import { luma } from '../image/grey.js';
import type { PictureRows } from '../image/rows.js';
import type { ElementReader } from '../tensor/elementSource.js';
import type { Shape } from '../tensor/shape.js';
import type { PictureNetwork } from './pictureNetwork.js';

interface ByteValues {
  readonly channelOrder: PictureNetwork['channelOrder'];
  /** What the network gets for each byte. */
  readonly values: Float32Array;
}

/**
 * Makes the elements of `[1, C, H, W]` in their order, which may be wider and higher than the picture: each row of that is looked at once
 * for each plane. A single one is what `ToTensor` makes of Pillow's `convert('L')`; blue first is for networks that were trained with OpenCV's order.
 */
export function planeByPlane(
  picture: PictureRows,
  [, channels, height, width]: Shape,
  { channelOrder, values }: ByteValues,
): ElementReader {
  const columns = extendedFrom(picture.width, width);
  const rows = extendedFrom(picture.height, height);
  // A row that does not fit into what is left of a part; the next part begins with the rest of it.
  const held = new Float32Array(width);
  const makeRow = (row: Float32Array, c: number, y: number) => {
    const rgb = picture.rgbRow(rows[y]);
    const first = channelOrder === 'rgb' ? c : 2 - c;
    for (let x = 0; x < picture.width; x++) {
      row[x] = values[channels === 1 ? luma(rgb, 3 * x) : rgb[3 * x + first]];
    }
    for (let x = picture.width; x < width; x++) row[x] = row[columns[x]];
  };
  let [c, y, x] = [0, 0, 0];
  return (to) => {
    for (let at = 0; at < to.length; ) {
      const isWhole = x === 0 && to.length - at >= width;
      if (isWhole) makeRow(to.subarray(at, at + width), c, y);
      else {
        if (x === 0) makeRow(held, c, y);
        to.set(held.subarray(x, x + to.length - at), at);
      }
      const count = Math.min(width - x, to.length - at);
      at += count;
      x = (x + count) % width;
      if (x > 0) continue;
      y = (y + 1) % height;
      if (y === 0) c++;
    }
  };
}
