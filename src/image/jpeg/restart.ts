import type { ByteCursor } from './byteCursor.js';
import type { DamageLog } from './damage.js';

/**
 * Passes the restart marker that is due (T.81 E.1.4), or what stands in its place: `cursor` is at a marker, the first one
 * behind the data read so far. Damage is handled as by `jpeg_resync_to_restart` of libjpeg's jdmarker.c: a marker slightly
 * behind the count is passed, with all data up to the next; one slightly ahead, or of another kind, stays, and the interval
 * before it has no data; another restart marker counts as the one that is due.
 *
 * @param due Which of the eight markers.
 * @returns Whether data follow: the cursor is then behind the marker, otherwise at it.
 */
export function passRestartMarker(cursor: ByteCursor, due: number, damage: DamageLog): boolean {
  for (;;) {
    const at = cursor.position;
    const marker = cursor.nextMarker();
    if (marker === 0xd0 + due) return true;
    damage.note('restarts', at);
    if (marker < 0xc0) continue;
    const ahead = (marker - 0xd0 - due) & 7;
    const isRestart = marker >= 0xd0 && marker <= 0xd7;
    if (!isRestart || ahead === 1 || ahead === 2) {
      // At the marker itself: who comes next need not look for it again.
      cursor.position -= 2;
      return false;
    }
    if (ahead < 6) return true;
  }
}
