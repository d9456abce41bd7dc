import { ShapeError } from '../../errors.js';
import type { Conv2dAttributes } from '../conv2d.js';
import type { Operator } from '../operator.js';
import { formatShape, imageShape } from '../shape.js';
import { Tensor } from '../tensor.js';

export interface Conv2dWeightGradientAttributes extends Conv2dAttributes {
  /** `[height, width]` of the kernel. */
  readonly kernel: readonly [number, number];
}

/**
 * The gradient of a convolution's weight: each tap meets the input where the convolution would, and is the sum of the products
 * over all pixels and pictures. `input` is what the convolution read, `[N, inChannels, H, W]`, `gradient` that of what it gave,
 * `[N, outChannels, H', W']`. With the two exchanged, it is that of a transposed convolution.
 */
export const conv2dWeightGradientOperator: Operator<
  Conv2dWeightGradientAttributes,
  readonly ['input', 'gradient']
> = {
  op: 'conv2dWeightGradient',
  operands: ['input', 'gradient'],

  outputShape([input, gradient], { kernel, groups }) {
    const { channels } = imageShape(input, 'conv2dWeightGradient');
    const { channels: outChannels } = imageShape(gradient, 'conv2dWeightGradient');
    if (channels % groups !== 0 || outChannels % groups !== 0) {
      throw new ShapeError(
        `conv2dWeightGradient: ${groups} groups do not divide the channels of ${formatShape(input)} and ${formatShape(gradient)}.`,
      );
    }
    return [outChannels, channels / groups, ...kernel];
  },

  run([input, gradient], attributes) {
    const { groups } = attributes;
    const shape = this.outputShape([input.shape, gradient.shape], attributes);
    const [outChannels, perGroup, kernelHeight, kernelWidth] = shape;
    const { batch, channels } = imageShape(input.shape, 'conv2dWeightGradient');
    const [outHeight, outWidth] = gradient.shape.slice(-2);
    const taps = kernelHeight * kernelWidth;
    const sums = new Float64Array(outChannels * perGroup * taps);
    const perOut = outChannels / groups;
    const met = new Float32Array(outHeight * outWidth);
    for (let n = 0; n < batch; n++) {
      for (let ic = 0; ic < channels; ic++) {
        const first = Math.floor(ic / perGroup) * perOut;
        for (let tap = 0; tap < taps; tap++) {
          const at = [Math.floor(tap / kernelWidth), tap % kernelWidth] as const;
          gather(input, n * channels + ic, at, attributes, met, outWidth);
          for (let oc = first; oc < first + perOut; oc++) {
            const to = (oc * perGroup + (ic % perGroup)) * taps + tap;
            sums[to] += dot(met, gradient.data, (n * outChannels + oc) * met.length);
          }
        }
      }
    }
    return new Tensor(Float32Array.from(sums), shape);
  },

  multiplyAdds([input, gradient], { kernel, groups }) {
    const { channels } = imageShape(input, 'conv2dWeightGradient');
    const products = gradient.reduce((a, b) => a * b, 1);
    return (products * channels * kernel[0] * kernel[1]) / groups;
  },
};

/** What a tap meets of a plane of the input, for each pixel of the output; zero in the border. */
function gather(
  { data, shape }: Tensor,
  plane: number,
  [ky, kx]: readonly [number, number],
  { stride, padding, dilation }: Conv2dAttributes,
  to: Float32Array,
  outWidth: number,
): void {
  const [height, width] = shape.slice(-2);
  const top = ky * dilation[0] - padding[0];
  const left = kx * dilation[1] - padding[1];
  const step = stride[1];
  // Columns of the output for which the tap lies within a row of the input.
  const from = Math.min(outWidth, Math.max(0, Math.ceil(-left / step)));
  const end = Math.max(from, Math.min(outWidth, Math.ceil((width - left) / step)));
  to.fill(0);
  for (let at = 0, row = top; at < to.length; at += outWidth, row += stride[0]) {
    if (row < 0 || row >= height) continue;
    const start = (plane * height + row) * width + left;
    for (let x = from; x < end; x++) to[at + x] = data[start + x * step];
  }
}

/** The sum of products, in four chains: an addition waits for the one before in its chain only. */
function dot(a: Float32Array, b: Float32Array, from: number): number {
  let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
  const blocks = a.length & ~3;
  for (let i = 0; i < blocks; i += 4) {
    sum0 += a[i] * b[from + i];
    sum1 += a[i + 1] * b[from + i + 1];
    sum2 += a[i + 2] * b[from + i + 2];
    sum3 += a[i + 3] * b[from + i + 3];
  }
  for (let i = blocks; i < a.length; i++) sum0 += a[i] * b[from + i];
  return sum0 + sum1 + (sum2 + sum3);
}
