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

/** A picture whose rows are fetched as they are asked for, however often: what one of the two gives holds until the next is asked for. */
export interface PictureRows extends RowHead {
  /** Three bytes a pixel. */
  rgbRow(y: number): Uint8Array;
  /** One byte a pixel, where there is alpha. */
  alphaRow(y: number): Uint8Array;
}

/** Those of a whole picture. */
export function rowsOf({ width, height, data, alpha }: Picture): PictureRows {
  const hasAlpha = alpha !== undefined;
  return {
    ...{ width, height, hasAlpha },
    rgbRow: (y) => data.subarray(3 * y * width, 3 * (y + 1) * width),
    alphaRow: (y) => (alpha ?? data).subarray(y * width, (y + 1) * width),
  };
}

export function asRows(picture: Picture | PictureRows): PictureRows {
  return 'data' in picture ? rowsOf(picture) : picture;
}

/** All rows of a picture. */
export function putRows(picture: Picture | PictureRows, begin: BeginRows): void {
  const rows = asRows(picture);
  const { width, height, hasAlpha } = rows;
  const put = begin({ width, height, hasAlpha });
  for (let y = 0; y < height; y++) put(rows.rgbRow(y), hasAlpha ? rows.alphaRow(y) : undefined);
}

/** Where the rows of a picture go, and what it is once all have come. */
export interface RowSink<S> {
  readonly begin: BeginRows;
  readonly picture: S;
}

/** A whole picture of its rows. */
export class RowCollector implements RowSink<Picture> {
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
