import type { Picture } from '../image/picture.js';
import type { ForwardOptions, Module } from '../nn/module.js';
import { finish, generate, type PipelineOptions, prepare } from './pipeline.js';

export interface TranslateOptions extends ForwardOptions, PipelineOptions {}

/**
 * Picture to picture, as the book's script does it: resize, to [0, 1], through the generator, and
 * from [−1, 1] back to bytes. A picture's alpha, where it has one, is resized alongside.
 *
 * @returns A picture of the network's output size, each side rounded up to a multiple of 4, unless `keepSize`.
 * @throws ShapeError when the picture is too small for the network; ImageError when it is too small for `crop`;
 * AbortError after `signal` fired.
 */
export async function translate(
  picture: Picture,
  netG: Module,
  options: TranslateOptions = {},
): Promise<Picture> {
  const { resize, crop, keepSize, ...forward } = options;
  const pipeline = { resize, crop, keepSize };
  const prepared = prepare(picture, pipeline);
  return finish(await generate(prepared.sized, netG, forward), prepared, pipeline);
}
