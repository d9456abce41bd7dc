import type { Picture } from './picture.js';

/** What is known of a picture before its first row. */
export interface RowHead {
  readonly width: number;
  readonly height: number;
  readonly hasAlpha: boolean;
}

/**
 * Takes the next row: three bytes a pixel, and one of alpha where the head says so. Both belong to the caller, and hold the next row
 * afterwards.
 */
export type PutRow = (rgb: Uint8Array, alpha?: Uint8Array) => void;

/** Where a picture goes row by row, from the top. A step on the way takes one, and gives another. */
export type BeginRows = (head: RowHead) => PutRow;

/** Makes a file of the rows that come to `begin`. */
export interface RowEncoder {
  readonly begin: BeginRows;
  /** The file, once all rows have come. */
  end(): Uint8Array;
}

/** The same of an encoder that has given its bytes away as they came. */
export interface RowWriter {
  readonly begin: BeginRows;
  /** Once all rows have come. */
  end(): void;
}

/** The rows of a whole picture. */
export function putRows({ width, height, data, alpha }: Picture, begin: BeginRows): void {
  const put = begin({ width, height, hasAlpha: alpha !== undefined });
  for (let y = 0; y < height; y++) {
    const end = y + 1;
    put(data.subarray(y * width * 3, end * width * 3), alpha?.subarray(y * width, end * width));
  }
}

/** A whole picture of its rows. */
export class RowCollector {
  #picture: Picture | null = null;

  readonly begin: BeginRows = ({ width, height, hasAlpha }) => {
    const data = new Uint8Array(width * height * 3);
    const alpha = hasAlpha ? new Uint8Array(width * height) : undefined;
    this.#picture = alpha === undefined ? { width, height, data } : { width, height, data, alpha };
    let y = 0;
    return (rgb, opacity) => {
      data.set(rgb, y * width * 3);
      if (alpha !== undefined && opacity !== undefined) alpha.set(opacity, y * width);
      y++;
    };
  };

  /** Once all rows have come. */
  get picture(): Picture {
    if (this.#picture === null) throw new Error('no row has come');
    return this.#picture;
  }
}
