import type { Picture } from './picture.js';

/**
 * A picture in greys: the luma of ITU-R BT.601 in fixed point, rounded, in all three channels.
 * @see Pillow's `convert('L')`
 */
export function toGrey(picture: Picture): Picture {
  const { data } = picture;
  const out = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i += 3) {
    const luma = (19595 * data[i] + 38470 * data[i + 1] + 7471 * data[i + 2] + 0x8000) >> 16;
    out.fill(luma, i, i + 3);
  }
  return { ...picture, data: out };
}
