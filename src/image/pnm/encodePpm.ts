import { concatenate } from '../../platform/concatenate.js';
import { utf8Bytes } from '../../platform/text.js';
import type { Picture } from '../picture.js';

/** The file of an RGB picture as a PPM of bytes (P6), which has no alpha. @see https://netpbm.sourceforge.net/doc/ppm.html */
export function encodePpm({ width, height, data }: Picture): Uint8Array<ArrayBuffer> {
  return concatenate([utf8Bytes(`P6\n${width} ${height}\n255\n`), data]);
}
