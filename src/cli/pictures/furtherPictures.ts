import { ImageError } from '../../image/picture.js';
import { beginsPicture, firstPictureLength } from '../../image/stream/pictureStream.js';

/**
 * What stands behind a picture would be lost without a word.
 * @throws ImageError `ERR_FRAME` where that is another picture.
 */
export async function refuseFurtherPictures(bytes: Uint8Array, name: string): Promise<void> {
  const length = await firstPictureLength(bytes);
  if (length === null || !beginsPicture(bytes.subarray(length))) return;
  throw new ImageError(
    'ERR_FRAME',
    `${name}: this is more than one picture (the first ends after ${length} bytes); with --frames, all are translated.`,
  );
}
