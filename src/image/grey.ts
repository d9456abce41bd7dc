import type { Picture } from './picture.js';

/**
 * A picture in greys: the luma of ITU-R BT.601 in fixed point, rounded, in all three channels.
 * @see Pillow's `convert('L')`
 */
export function toGrey(picture: Picture): Picture {
  const { data } = picture;
  const out = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i += 3) {
    out.fill(luma(data, i), i, i + 3);
  }
  return { ...picture, data: out };
}

/** Of the pixel whose bytes begin at `at`. */
export function luma(rgb: Uint8Array, at: number): number {
  return (19595 * rgb[at] + 38470 * rgb[at + 1] + 7471 * rgb[at + 2] + 0x8000) >> 16;
}
