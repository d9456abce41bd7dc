import { ShapeError } from '../../errors.js';
import type { Picture } from '../../image/picture.js';
import { checkPicture, type PictureInput } from '../../image/pictureInput.js';

/** @throws ShapeError unless both are of one size; ImageError for what is no picture. */
export function checkPair(
  a: PictureInput,
  b: PictureInput,
  caller: string,
): readonly [Picture, Picture] {
  const [first, second] = [checkPicture(a, caller), checkPicture(b, caller)];
  if (first.width !== second.width || first.height !== second.height) {
    throw new ShapeError(
      `${caller}: pictures of one size are compared, but got ${first.width} x ${first.height} and ${second.width} x ${second.height}.`,
    );
  }
  return [first, second];
}
