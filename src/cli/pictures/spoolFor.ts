import type { EngineOptions } from '../../engine/engine.js';
import { imageSize } from '../../image/formats.js';
import type { PictureFile } from '../../image/pictureFile.js';
import type { PictureSettings } from '../../translate/options/pictureOptions.js';
import { preparedSize } from '../../translate/pipeline.js';
import { STREAMED_PICTURE_BYTES } from '../memoryBudget.js';
import { PictureSpool } from './pictureSpool.js';
import { named } from './pictureWork.js';

/** A picture that takes no more is held in memory, whatever `--memory` says: what is enough for it is told from that. */
const MAX_HELD_BYTES = 2 ** 25;

/**
 * Where the rows of a picture go that would take much of the memory: to the folder of the scratch file. `null` for one that is held in
 * memory: a small one, one whose header does not tell how large it is, one that nothing goes through row by row, and where there is no such
 * folder.
 */
export function spoolFor(
  bytes: PictureFile,
  name: string,
  { decode, pipeline, norm }: PictureSettings,
  { memory, scratch, engine }: EngineOptions,
): PictureSpool | null {
  const isHeld = scratch === undefined || memory === Number.POSITIVE_INFINITY || norm !== 'exact';
  // Other engines have all of it as floats.
  if (isHeld || (engine ?? 'wasm') !== 'wasm') return null;
  const size = named(name, () => imageSize(bytes, decode));
  if (size === null || !(size.width >= 1 && size.height >= 1)) return null;
  const { width, height } = named(name, () => preparedSize(size, pipeline));
  const isSmall = width * height * STREAMED_PICTURE_BYTES <= MAX_HELD_BYTES;
  return isSmall ? null : new PictureSpool(scratch);
}
