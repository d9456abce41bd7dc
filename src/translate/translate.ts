import type { Picture } from '../image/picture.js';
import type { PictureInput } from '../image/pictureInput.js';
import type { ForwardOptions, Module } from '../nn/module.js';
import { finish, generate, type PipelineOptions, prepare } from './pipeline.js';

export interface TranslateOptions extends ForwardOptions, PipelineOptions {}

/**
 * Picture to picture, as the book's script does it: resize, to [0, 1] (or the generator's `inputRange`), through the generator, and
 * from [−1, 1] back to bytes. A picture's alpha, where it has one, is resized alongside; the network does not see it.
 *
 * ```ts
 * const netG = ResNetGenerator.fromStateDict(await loadStateDict('horse2zebra_0.4.0.pth'));
 * const zebra = await translate(await openImage('horse.jpg'), netG, { resize: null, keepSize: true });
 * const pixels = toImageData(await translate(document.querySelector('canvas'), netG));    // in a page
 * ```
 *
 * @param picture RGB as `openImage` gives it; RGBA as in `ImageData`, a canvas, or an `ImageBitmap`, whose alpha is kept
 * unless all of it is opaque.
 * @returns A picture of the network's output size, each side rounded up to a multiple of 4, unless `keepSize`.
 * @throws ShapeError when the picture is too small for the network; ImageError when it is too small for `crop`, when it is no
 * picture or has not as many bytes as its size asks for, and for a `resize` or `crop` that is not taken; AbortError after `signal` fired.
 */
export async function translate(
  picture: PictureInput,
  netG: Module,
  options: TranslateOptions = {},
): Promise<Picture> {
  const { resize, crop, keepSize, ...forward } = options;
  const pipeline = { resize, crop, keepSize };
  const prepared = prepare(picture, pipeline);
  return finish(await generate(prepared.sized, netG, forward), prepared, pipeline);
}
