import type { ByteCursor } from './byteCursor.js';
import { refuse } from './refuse.js';

/** How arithmetic coding groups values, by the number of the table (T.81 F.1.4.4). */
export interface Conditioning {
  /** Bounds of small DC differences, in bits. */
  readonly dc: { readonly lower: number; readonly upper: number }[];
  /** The last AC coefficient that counts as low. */
  readonly ac: number[];
}

const TABLES = 16;

/** What holds where no segment says another. */
export function defaultConditioning(): Conditioning {
  return {
    dc: Array.from({ length: TABLES }, () => ({ lower: 0, upper: 1 })),
    ac: new Array<number>(TABLES).fill(5),
  };
}

/** DAC, T.81 B.2.4.3. */
export function readConditioning(cursor: ByteCursor, offset: number, into: Conditioning): void {
  let left = cursor.word() - 2;
  for (; left > 0; left -= 2) {
    const index = cursor.byte();
    const value = cursor.byte();
    if (index >= 2 * TABLES || (index < TABLES && (value & 15) > value >> 4)) {
      refuse('ERR_JPEG_CORRUPT', 'an arithmetic conditioning is impossible', offset);
    }
    if (index < TABLES) into.dc[index] = { lower: value & 15, upper: value >> 4 };
    else into.ac[index - TABLES] = value;
  }
  if (left !== 0) {
    const problem = 'the length of an arithmetic conditioning does not fit its content';
    refuse('ERR_JPEG_CORRUPT', problem, offset);
  }
}
