import { textOf } from '../../platform/text.js';
import { checkPictureSize, ImageError } from '../picture.js';

/** AVIF and HEIC are one kind of file, HEIF, with pixels of two coders. */
export type HeifKind = 'AVIF' | 'HEIC';

const HEIC_BRANDS = /^(hei[cmsx]|hev[cmsx]|mif1|msf1)$/;
/** Sizes are stated in the `meta` box, mostly near the beginning. */
const LOOK_BYTES = 65_536;

/** In ASCII. */
const [I, ISPE, META] = [0x69, 0x69737065, 0x6d657461];

export function damaged(message: string): ImageError {
  return new ImageError('ERR_HEIF', message);
}

/** By the brands that a file begins with; `null` for one of another kind. @see ISO/IEC 14496-12, 4.3 */
export function heifKind(bytes: Uint8Array): HeifKind | null {
  const start = textOf(bytes.subarray(0, 256), 'latin1');
  if (start.slice(4, 8) !== 'ftyp') return null;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const brands: string[] = [start.slice(8, 12)];
  for (let at = 16; at + 4 <= Math.min(length, start.length); at += 4) {
    brands.push(start.slice(at, at + 4));
  }
  // What is in a file of the common brand alone, further ones tell.
  if (brands[0] === 'avif' || brands[0] === 'avis') return 'AVIF';
  if (!HEIC_BRANDS.test(brands[0])) return null;
  return brands.includes('avif') || brands.includes('avis') ? 'AVIF' : 'HEIC';
}

/**
 * Before a decoder takes memory: the sizes that `ispe` boxes state, of the picture, its tiles or its thumbnail.
 * @throws ImageError `ERR_IMAGE_SIZE` for one that is too large.
 * @see ISO/IEC 23008-12, 6.5.3
 */
export function checkStatedSizes(bytes: Uint8Array, kind: HeifKind): void {
  for (const part of placesOfSizes(bytes)) {
    const view = viewOf(part);
    for (
      let at = part.indexOf(I);
      at >= 0 && at + 16 <= part.length;
      at = part.indexOf(I, at + 1)
    ) {
      if (view.getUint32(at) !== ISPE) continue;
      const [width, height] = [view.getUint32(at + 8), view.getUint32(at + 12)];
      checkPictureSize(width, height, `A picture in this ${kind}`);
    }
  }
}

/** The beginning of a file, and its `meta` boxes, before which any others may come. @see ISO/IEC 14496-12, 4.2 */
function* placesOfSizes(bytes: Uint8Array): Generator<Uint8Array> {
  yield bytes.subarray(0, LOOK_BYTES);
  const view = viewOf(bytes);
  for (let at = 0; at + 8 <= bytes.length; ) {
    const stated = view.getUint32(at);
    const isLong = stated === 1 && at + 16 <= bytes.length;
    const length = isLong ? Number(view.getBigUint64(at + 8)) : stated;
    // 0 says that it goes on to the end of the file.
    const end = stated === 0 ? bytes.length : at + length;
    if (end < at + 8) return;
    if (view.getUint32(at + 4) === META) yield bytes.subarray(at, end);
    at = end;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
