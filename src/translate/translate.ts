import { toImage, toTensor } from '../image/convert.js';
import type { Picture } from '../image/picture.js';
import { type ResizeTarget, resize } from '../image/resize.js';
import type { ForwardOptions, Module } from '../nn/module.js';

export interface TranslateOptions extends ForwardOptions {
  /** Size of the network's input: a short side, both sides, or `null` for the picture's own. Default: 256. */
  readonly resize?: ResizeTarget | null;
}

/**
 * Picture to picture, as the book's script does it: resize, to [0, 1], through the generator, and
 * from [−1, 1] back to bytes.
 *
 * @returns A picture of the network's output size, each side rounded up to a multiple of 4.
 * @throws ShapeError when the picture is too small for the network; AbortError after `signal` fired.
 */
export async function translate(
  picture: Picture,
  netG: Module,
  options: TranslateOptions = {},
): Promise<Picture> {
  const { resize: target = 256, ...forward } = options;
  const sized = target === null ? picture : resize(target)(picture);
  const batch = toTensor()(sized).unsqueeze(0);
  const output = await netG.forward(batch, forward);
  return toImage(output.squeeze(0).add(1).div(2));
}
