import { ImageError } from '../picture.js';
import type { PngHeader } from './header.js';

/** One of the reduced pictures of an interlaced PNG, or the whole of another. */
export interface Pass {
  readonly left: number;
  readonly top: number;
  readonly stepX: number;
  readonly stepY: number;
  readonly width: number;
  readonly height: number;
  /** Bytes of a row, without the filter byte before it. */
  readonly rowBytes: number;
}

/** `[left, top, stepX, stepY]` of Adam7's seven passes. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** The passes in the order of the file; those without pixels are not in the file. */
export function passesOf({ width, height, bitsPerPixel, interlaced }: PngHeader): Pass[] {
  return (interlaced ? ADAM7 : ([[0, 0, 1, 1]] as const))
    .map(([left, top, stepX, stepY]) => {
      const columns = Math.max(0, Math.ceil((width - left) / stepX));
      const rows = Math.max(0, Math.ceil((height - top) / stepY));
      const rowBytes = Math.ceil((columns * bitsPerPixel) / 8);
      return { left, top, stepX, stepY, width: columns, height: rows, rowBytes };
    })
    .filter((pass) => pass.width > 0 && pass.height > 0);
}

/**
 * Undoes the filter of a row, in place, once that of the row above is undone. A row is a filter byte, at `start`, and `rowBytes` bytes;
 * `back` is the distance to the pixel on the left.
 *
 * @param row Which of its pass.
 */
export function unfilter(
  lines: Uint8Array,
  start: number,
  row: number,
  rowBytes: number,
  back: number,
): void {
  const at = start + 1;
  const above = row === 0 ? -1 : at - rowBytes - 1;
  switch (lines[start]) {
    case 0:
      break;
    case 1:
      for (let i = at + back; i < at + rowBytes; i++) lines[i] += lines[i - back];
      break;
    case 2:
      if (above >= 0) for (let i = 0; i < rowBytes; i++) lines[at + i] += lines[above + i];
      break;
    case 3:
      unfilterAverage(lines, at, above, rowBytes, back);
      break;
    case 4:
      unfilterPaeth(lines, at, above, rowBytes, back);
      break;
    default:
      throw new ImageError(
        'ERR_PNG_DATA',
        `The PNG has unknown row filter ${lines[start]} in row ${row}.`,
      );
  }
}

function unfilterAverage(
  lines: Uint8Array,
  at: number,
  above: number,
  rowBytes: number,
  back: number,
): void {
  for (let i = 0; i < rowBytes; i++) {
    const a = i >= back ? lines[at + i - back] : 0;
    const b = above >= 0 ? lines[above + i] : 0;
    lines[at + i] += (a + b) >> 1;
  }
}

function unfilterPaeth(
  lines: Uint8Array,
  at: number,
  above: number,
  rowBytes: number,
  back: number,
): void {
  for (let i = 0; i < rowBytes; i++) {
    const a = i >= back ? lines[at + i - back] : 0;
    const b = above >= 0 ? lines[above + i] : 0;
    const c = above >= 0 && i >= back ? lines[above + i - back] : 0;
    const pa = Math.abs(b - c);
    const pb = Math.abs(a - c);
    const pc = Math.abs(a + b - c - c);
    lines[at + i] += pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
  }
}
