import { ShapeError } from '../../errors.js';
import { crop } from '../../image/crop.js';
import type { Picture } from '../../image/picture.js';
import { encodePng } from '../../image/png/encodePng.js';

/** From which domain a sample begins: A → B → A, or B → A → B. */
export type SampleSide = 'A' | 'B';

/** A picture, what it was translated to, and what that was translated back to; all of one size. */
export interface Sample {
  readonly side: SampleSide;
  /** What the picture is called. */
  readonly name: string;
  readonly real: Picture;
  readonly fake: Picture;
  readonly reconstructed: Picture;
}

/** The three pictures of a sample. */
export type SamplePictures = Pick<Sample, 'real' | 'fake' | 'reconstructed'>;

/**
 * Real, fake and reconstructed side by side, as the bytes of a PNG file.
 *
 * ```ts
 * const dot = { width: 1, height: 1, data: Uint8Array.of(255, 0, 0) };
 * const png = sampleSheet({ real: dot, fake: dot, reconstructed: dot });
 * imageSize(png); // { width: 3, height: 1 }
 * ```
 *
 * @throws ShapeError unless all are of one size.
 */
export function sampleSheet(sample: SamplePictures): Uint8Array {
  return encodePng(sampleStrip(sample));
}

/** The same as a picture. */
export function sampleStrip({ real, fake, reconstructed }: SamplePictures): Picture {
  const { width, height } = real;
  const parts = [real, fake, reconstructed];
  if (parts.some((part) => part.width !== width || part.height !== height)) {
    const sizes = parts.map((part) => `${part.width} x ${part.height}`).join(', ');
    throw new ShapeError(`A sample sheet takes pictures of one size, but got ${sizes}.`);
  }
  const data = new Uint8Array(9 * width * height);
  for (let y = 0; y < height; y++) {
    for (const [i, part] of parts.entries()) {
      data.set(part.data.subarray(3 * width * y, 3 * width * (y + 1)), 3 * width * (3 * y + i));
    }
  }
  return { width: 3 * width, height, data };
}

/** What a sheet was made of; `null` where it has no three pictures of one width. */
export function splitSheet(sheet: Picture): SamplePictures | null {
  if (sheet.width % 3 !== 0) return null;
  const width = sheet.width / 3;
  const part = (i: number) => crop(sheet, { left: i * width, top: 0, width, height: sheet.height });
  return { real: part(0), fake: part(1), reconstructed: part(2) };
}
