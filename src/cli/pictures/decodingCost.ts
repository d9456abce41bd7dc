import { CycleganError } from '../../errors.js';
import { heldWhileDecoding } from '../../image/formats.js';
import type { PictureFile } from '../../image/pictureFile.js';
import { named } from './pictureWork.js';

/** From so many bytes on, it is said what a file costs. */
const WORTH_A_LINE = 64e6;

/**
 * What decoding a file takes beside its rows, as a line for people; `null` where that is little.
 * @param memory The limit of the run, in bytes; `undefined` where none is named.
 * @throws CycleganError `ERR_TOO_LARGE` where it is more than that; ImageError for a file that is damaged before its data.
 */
export function decodingCost(
  file: PictureFile,
  name: string,
  memory: number | undefined,
): string | null {
  const held = named(name, () => heldWhileDecoding(file));
  const what = `is a JPEG of several scans (progressive) or arithmetic-coded: all of its coefficients are held while it is decoded, ${megabytes(held)} MB`;
  if (memory !== undefined && held > memory) {
    throw new CycleganError(
      'ERR_TOO_LARGE',
      `${name} ${what}, more than --memory ${megabytes(memory)}M; with --memory ${megabytes(held)}M they have room, or written anew as a baseline JPEG it needs none: jpegtran IN > OUT.`,
    );
  }
  return held >= WORTH_A_LINE ? `${name} ${what}.` : null;
}

/** As `--memory` counts them. */
function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1e6);
}
