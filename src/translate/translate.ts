import type { Picture } from '../image/picture.js';
import type { PictureInput } from '../image/pictureInput.js';
import type { Module } from '../nn/module.js';
import { checkOptions } from '../tensor/callerValues.js';
import { type GenerateOptions, generate } from './generate.js';
import { type PictureNetwork, pictureNetwork } from './pictureNetwork.js';
import { finish, type PipelineOptions, prepare } from './pipeline.js';

export interface TranslateOptions extends GenerateOptions, PipelineOptions {}

/**
 * Picture to picture: resize, to the values that the network was trained with, through the network, and back to bytes. What
 * `openGenerator` gives says for itself which values those are; of a module, `inputRange` counts, where it has one, and else
 * the book's: [0, 1] in and [−1, 1] out. Where a generator takes only sides of certain lengths, the picture is padded at right
 * and bottom by mirroring, and the result cropped. A picture's alpha, where it has one, is resized alongside; the network does
 * not see it.
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
 * @returns A picture as large as what the network was given; unless `keepSize`, many round each side up, to a multiple of 4 say.
 * @throws ShapeError when the picture is too small for the network, or the network's channels are not those of pictures; ImageError
 * when it is too small for `crop`, when it is no picture or has not as many bytes as its size asks for, and for a `resize` or `crop`
 * that is not taken; CycleganError `ERR_NAN` when the network gives what is no number; the signal's reason after it fired.
 */
export async function translate(
  picture: PictureInput,
  network: Module | PictureNetwork,
  options: TranslateOptions = {},
): Promise<Picture> {
  checkOptions('translate', options);
  const { resize, interpolation, crop, keepSize, ...forward } = options;
  const pipeline = { resize, interpolation, crop, keepSize };
  const prepared = prepare(picture, pipeline);
  return finish(
    await generate(prepared.sized, pictureNetwork(network), forward),
    prepared,
    pipeline,
  );
}
