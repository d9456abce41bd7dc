import { checkPictureSize, ImageError, type Picture } from '../picture.js';
import { checkPicture } from '../pictureInput.js';
import { decodeElsewhere, type Rgba } from './decoders.js';
import { checkStatedSizes, damaged, heifKind } from './heifFile.js';

/** Of files that were decoded, or not: their decoders make one wait, and `decodeHeif` does not. */
const DECODED = new WeakMap<Uint8Array, Rgba | ImageError>();

/** Decodes a file, for the call of `decodeHeif` with the same bytes, which also throws what goes wrong. */
export async function prepareHeif(bytes: Uint8Array): Promise<void> {
  DECODED.set(bytes, await outcomeOf(bytes));
}

async function outcomeOf(bytes: Uint8Array): Promise<Rgba | ImageError> {
  const kind = heifKind(bytes) ?? 'HEIC';
  try {
    checkStatedSizes(bytes, kind);
    const decoded = await decodeElsewhere(bytes, kind);
    checkPictureSize(decoded.width, decoded.height, `This ${kind}`);
    return decoded;
  } catch (error) {
    if (error instanceof ImageError) return error;
    const reason = error instanceof Error ? error.message : String(error);
    return damaged(`The ${kind} cannot be decoded (${reason}).`);
  }
}

/**
 * The picture of an AVIF or HEIC that `prepareHeif` has decoded, by the browser or by a package: within a level of Pillow's.
 * It is turned as the file itself says where its decoder does so (HEIC, and browsers).
 *
 * @throws ImageError `ERR_HEIF` when it is damaged, `ERR_IMAGE_CODEC` without a decoder, or without `prepareHeif`.
 */
export function decodeHeif(
  bytes: Uint8Array,
  { alpha = false }: { readonly alpha?: boolean } = {},
): Picture {
  const decoded = DECODED.get(bytes);
  if (decoded === undefined) {
    throw new ImageError(
      'ERR_IMAGE_CODEC',
      'AVIF and HEIC are decoded elsewhere, which takes an await: await openImage(…) reads them; after await loadDecoder(bytes), decodeImage does, too.',
    );
  }
  if (decoded instanceof ImageError) throw decoded;
  const { width, height, data } = decoded;
  const picture = checkPicture({ width, height, data }, 'The decoder');
  return alpha ? picture : { width, height, data: picture.data };
}
