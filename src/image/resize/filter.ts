import type { Taps } from './taps.js';

/** Rows of pixels of three bytes. */
export interface Rows {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** One way to work out the two passes of a resize. All ways give the same bytes. */
export interface Filter {
  /** Each row of `width` pixels made of a row of `rows`. */
  columns(rows: Rows, width: number, taps: Taps): Uint8Array;
  /** `height` rows, each made of some of `rows`. */
  rows(rows: Rows, height: number, taps: Taps): Uint8Array;
}
