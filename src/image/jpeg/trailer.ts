import { ImageError } from '../picture.js';
import type { DamageLog } from './damage.js';
import { PIECE_BYTES } from './lookahead.js';
import type { MarkerReader } from './markers.js';
import { refuse } from './refuse.js';

/**
 * What stands behind the only scan, up to the end marker. Pillow refuses a picture for an error there, as far as libjpeg
 * sees it: the piece of the file in which the picture was complete. That the piece ends there is no error.
 */
export function readTrailer(markers: MarkerReader, damage: DamageLog): void {
  const { cursor } = markers;
  const { length } = cursor.bytes;
  const seen = Math.ceil(Math.min(cursor.position + 2, length) / PIECE_BYTES) * PIECE_BYTES;
  cursor.end = Math.min(seen, length);
  try {
    if (markers.nextScan() === undefined) return;
  } catch (error) {
    if (!(error instanceof ImageError) || error.code !== 'ERR_JPEG_TRUNCATED') throw error;
    if (cursor.end === length) damage.note('noEnd', length);
    return;
  }
  refuse('ERR_JPEG_CORRUPT', 'a second scan follows a complete picture', cursor.position);
}
