import type { Picture } from '../picture.js';
import { encode } from './jpegEncoderModule.js';

/**
 * Encodes a baseline JPEG, 4:4:4.
 * @param quality 1 to 100.
 */
export function encodeJpeg({ width, height, data }: Picture, quality: number): Uint8Array {
  return Uint8Array.from(encode({ width, height, data: withAlpha(data) }, quality).data);
}

function withAlpha(rgb: Uint8Array): Uint8Array {
  const out = new Uint8Array((rgb.length / 3) * 4);
  for (let i = 0, to = 0; i < rgb.length; i += 3, to += 4) {
    out[to] = rgb[i];
    out[to + 1] = rgb[i + 1];
    out[to + 2] = rgb[i + 2];
    out[to + 3] = 255;
  }
  return out;
}
