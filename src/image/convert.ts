import { ShapeError } from '../errors.js';
import { checkTensor } from '../tensor/operator.js';
import { formatShape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { checkPictureSize, type Picture } from './picture.js';
import { checkPicture, type PictureInput } from './pictureInput.js';

/** A true division: multiplying by 1/255 gives another float32 for 126 of the 256 values. */
export const BYTE_TO_FLOAT = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

/**
 * Bytes to floats in [0, 1]; alpha is left out.
 *
 * ```ts
 * const dot = { width: 1, height: 1, data: Uint8Array.of(0, 51, 255) };
 * toTensor()(dot).data; // [0, 0.2, 1]
 * ```
 *
 * @returns A function from a picture, or what else `PictureInput` is, to `[3, height, width]`. It throws an ImageError for
 * what is no picture, or has not as many bytes as its size asks for.
 * @see torchvision.transforms.ToTensor
 */
export function toTensor(): (picture: PictureInput) => Tensor {
  return (picture) => {
    const { width, height, data } = checkPicture(picture, 'toTensor');
    const plane = width * height;
    const out = new Float32Array(3 * plane);
    for (let i = 0; i < plane; i++) {
      out[i] = BYTE_TO_FLOAT[data[3 * i]];
      out[plane + i] = BYTE_TO_FLOAT[data[3 * i + 1]];
      out[2 * plane + i] = BYTE_TO_FLOAT[data[3 * i + 2]];
    }
    return new Tensor(out, [3, height, width]);
  };
}

/**
 * Floats in [0, 1] to bytes: times 255 in float32, fractions cut off; values outside are clamped.
 *
 * ```ts
 * toImage(Tensor.full([3, 1, 1], 0.5)).data; // [127, 127, 127]
 * ```
 *
 * @param tensor `[3, H, W]` or `[1, H, W]` (grey), or the same as a batch of one.
 * @throws ShapeError for any other shape.
 * @see torchvision.transforms.ToPILImage
 */
export function toImage(tensor: Tensor): Picture {
  checkTensor('toImage', tensor);
  const { data, shape } = tensor;
  const [channels, height, width] = shape.slice(-3);
  const one = shape.length === 3 || (shape.length === 4 && shape[0] === 1);
  if (!one || (channels !== 3 && channels !== 1)) {
    throw new ShapeError(
      `toImage: expected [3, H, W] or [1, H, W], but got ${formatShape(shape)}.`,
    );
  }
  checkPictureSize(width, height, 'A picture');
  const plane = width * height;
  const step = channels === 3 ? plane : 0;
  const out = new Uint8Array(3 * plane);
  for (let i = 0; i < plane; i++) {
    out[3 * i] = toByte(data[i]);
    out[3 * i + 1] = toByte(data[i + step]);
    out[3 * i + 2] = toByte(data[i + 2 * step]);
  }
  return { width, height, data: out };
}

/** A float in [0, 1] as a byte. */
export function toByte(value: number): number {
  const scaled = Math.fround(value * 255);
  // Written so that NaN gives 0.
  return scaled > 0 ? Math.min(255, Math.trunc(scaled)) : 0;
}

/** One transform: a value in, another one out. */
type Transform<A, B> = (value: A) => B;

/** Transforms each of which takes what the one before gives. */
type Chain<Steps extends readonly unknown[]> = Steps extends readonly [
  Transform<infer A, infer B>,
  Transform<infer C, infer D>,
  ...infer Rest,
]
  ? [B] extends [C]
    ? readonly [Transform<A, B>, ...Chain<readonly [Transform<C, D>, ...Rest]>]
    : readonly [Transform<A, C>, ...Chain<readonly [Transform<C, D>, ...Rest]>]
  : Steps;

type First<Steps extends readonly unknown[]> = Steps extends readonly [
  Transform<infer A, unknown>,
  ...unknown[],
]
  ? A
  : never;

type Last<Steps extends readonly unknown[]> = Steps extends readonly [
  ...unknown[],
  Transform<never, infer B>,
]
  ? B
  : never;

/**
 * Applies any number of transforms one after the other.
 *
 * ```ts
 * const preprocess = compose(resize(256), toTensor());
 * preprocess(await openImage('horse.png')).shape; // [3, 256, 314]
 * ```
 *
 * @see torchvision.transforms.Compose
 */
export function compose<
  const Steps extends readonly [Transform<never, unknown>, ...Transform<never, unknown>[]],
>(...steps: Steps & Chain<Steps>): (value: First<Steps>) => Last<Steps> {
  const all = steps as unknown as readonly Transform<unknown, unknown>[];
  return (value) => all.reduce<unknown>((current, step) => step(current), value) as Last<Steps>;
}
