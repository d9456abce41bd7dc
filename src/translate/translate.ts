import type { Picture } from '../image/picture.js';
import type { PictureInput } from '../image/pictureInput.js';
import type { ForwardOptions, Module } from '../nn/module.js';
import {
  finish,
  generate,
  type PictureNetwork,
  type PipelineOptions,
  pictureNetwork,
  prepare,
} from './pipeline.js';

export interface TranslateOptions extends ForwardOptions, PipelineOptions {}

/**
 * Picture to picture: resize, to the values that the network was trained with, through the network, and back to bytes. What
 * `openGenerator` gives says for itself which values those are; of a module, `inputRange` counts, where it has one, and else
 * the book's: [0, 1] in and [−1, 1] out. A picture's alpha, where it has one, is resized alongside; the network does not see it.
 *
 * ```ts
 * const generator = await openGenerator('horse2zebra.pth');
 * const zebra = await translate(await openImage('horse.png'), generator, { resize: 64 });
 * [zebra.width, zebra.height]; // [80, 64]
 * ```
 *
 * ```ts no-run
 * const pixels = toImageData(await translate(document.querySelector('canvas'), generator));    // in a page
 * ```
 *
 * @param picture RGB as `openImage` gives it; RGBA as in `ImageData`, a canvas, or an `ImageBitmap`, whose alpha is kept
 * unless all of it is opaque.
 * @param network A module, or what `openGenerator` gives.
 * @returns A picture of the network's output size, each side rounded up to a multiple of 4, unless `keepSize`.
 * @throws ShapeError when the picture is too small for the network; ImageError when it is too small for `crop`, when it is no
 * picture or has not as many bytes as its size asks for, and for a `resize` or `crop` that is not taken; AbortError after `signal` fired.
 */
export async function translate(
  picture: PictureInput,
  network: Module | PictureNetwork,
  options: TranslateOptions = {},
): Promise<Picture> {
  const { resize, interpolation, crop, keepSize, ...forward } = options;
  const pipeline = { resize, interpolation, crop, keepSize };
  const prepared = prepare(picture, pipeline);
  return finish(
    await generate(prepared.sized, pictureNetwork(network), forward),
    prepared,
    pipeline,
  );
}
