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

/** Makes the elements of `[1, C, H, W]` in their order: each row of the picture is looked at once for each plane. */
export function planeByPlane(
  picture: PictureRows,
  [, channels, height, width]: Shape,
  { channelOrder, values }: ByteValues,
): ElementReader {
  const columns = extendedFrom(picture.width, width);
  const rows = extendedFrom(picture.height, height);
  const row = new Float32Array(width);
  const makeRow = (c: number, y: number) => {
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
      if (x === 0) makeRow(c, y);
      const part = row.subarray(x, x + to.length - at);
      to.set(part, at);
      at += part.length;
      x = (x + part.length) % width;
      if (x > 0) continue;
      y = (y + 1) % height;
      if (y === 0) c++;
    }
  };
}
