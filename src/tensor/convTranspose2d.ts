import { ShapeError } from '../errors.js';
import { checkKernel } from './conv2d.js';
import { correlate } from './correlate.js';
import { transposedLattices } from './lattice.js';
import type { Operator } from './operator.js';
import { formatShape, imageShape, type Pair, sizeOf, toPair } from './shape.js';
import { Tensor } from './tensor.js';

export interface ConvTranspose2dOptions {
  readonly stride?: Pair;
  readonly padding?: Pair;
  readonly outputPadding?: Pair;
  readonly dilation?: Pair;
  readonly groups?: number;
}

/** Pairs are `[vertical, horizontal]`. */
export interface ConvTranspose2dParams {
  /** `[inChannels, outChannels / groups, kernelHeight, kernelWidth]`. */
  readonly weight: Tensor;
  /** `[outChannels]`. */
  readonly bias: Tensor | null;
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly outputPadding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
}

/** @throws ShapeError for options that are not fitting whole numbers, or an output padding not below stride or dilation. */
export function resolveConvTranspose2d(
  weight: Tensor,
  bias: Tensor | null,
  options: ConvTranspose2dOptions = {},
): ConvTranspose2dParams {
  const { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1 } = options;
  const params = {
    weight,
    bias,
    stride: toPair(stride, 'convTranspose2d: stride', 1),
    padding: toPair(padding, 'convTranspose2d: padding', 0),
    outputPadding: toPair(outputPadding, 'convTranspose2d: outputPadding', 0),
    dilation: toPair(dilation, 'convTranspose2d: dilation', 1),
    groups,
  };
  const [inChannels, perGroup] = weight.shape;
  checkKernel('convTranspose2d', weight, bias, groups, inChannels, perGroup * groups);
  const [height, width] = params.outputPadding;
  if (
    height >= Math.max(params.stride[0], params.dilation[0]) ||
    width >= Math.max(params.stride[1], params.dilation[1])
  ) {
    throw new ShapeError(
      `convTranspose2d: output padding must be smaller than either stride or dilation, but got output padding (${height}, ${width}), stride (${params.stride.join(', ')}), dilation (${params.dilation.join(', ')}).`,
    );
  }
  return params;
}

export const convTranspose2dOperator: Operator<ConvTranspose2dParams> = {
  op: 'convTranspose2d',

  outputShape([input], { weight, stride, padding, outputPadding, dilation, groups }) {
    const { channels, height, width, with: resized } = imageShape(input, 'convTranspose2d');
    const [inChannels, perGroup, kernelHeight, kernelWidth] = weight.shape;
    if (channels !== inChannels) {
      throw new ShapeError(
        `convTranspose2d: given weight of size ${formatShape(weight.shape)}, expected input${formatShape(input)} to have ${inChannels} channels, but got ${channels} channels instead.`,
      );
    }
    const side = (size: number, kernelSize: number, axis: 0 | 1) =>
      (size - 1) * stride[axis] -
      2 * padding[axis] +
      dilation[axis] * (kernelSize - 1) +
      outputPadding[axis] +
      1;
    const outHeight = side(height, kernelHeight, 0);
    const outWidth = side(width, kernelWidth, 1);
    if (outHeight < 1 || outWidth < 1) {
      throw new ShapeError(
        `convTranspose2d: input of size ${formatShape(input)} would give an output of ${outHeight} x ${outWidth}; the padding (${padding.join(', ')}) is too large.`,
      );
    }
    return resized(perGroup * groups, outHeight, outWidth);
  },

  run([input], params) {
    const { weight, bias, stride, padding, dilation, groups } = params;
    const { batch, channels, height, width } = imageShape(input.shape, 'convTranspose2d');
    const shape = this.outputShape([input.shape], params);
    const [outChannels, outHeight, outWidth] = shape.slice(-3);
    const [, perGroup, kernelHeight, kernelWidth] = weight.shape;
    const out = Tensor.zeros(shape);
    const taps = kernelHeight * kernelWidth;
    const correlation = {
      input: input.data,
      batch,
      inChannels: channels,
      inHeight: height,
      inWidth: width,
      groups,
      weight: weight.data,
      weightStrides: {
        group: (channels / groups) * perGroup * taps,
        out: taps,
        in: perGroup * taps,
      },
      kernelWidth,
      bias: bias?.data ?? null,
      outChannels,
      outHeight,
      outWidth,
    };
    const columns = transposedLattices(outWidth, kernelWidth, stride[1], padding[1], dilation[1]);
    for (const rows of transposedLattices(
      outHeight,
      kernelHeight,
      stride[0],
      padding[0],
      dilation[0],
    )) {
      for (const cols of columns) correlate(correlation, rows, cols, out.data);
    }
    return out;
  },

  multiplyAdds([input], { weight }) {
    const [, perGroup, kernelHeight, kernelWidth] = weight.shape;
    return sizeOf(input) * perGroup * kernelHeight * kernelWidth;
  },
};

/**
 * Transposed 2-D convolution (the gradient of `conv2d` with respect to its input), computed as one
 * plain convolution a phase of the stride: no zeros are inserted and no output is visited twice.
 *
 * @param input `[N, inChannels, H, W]` or `[inChannels, H, W]`.
 * @param weight `[inChannels, outChannels / groups, kernelHeight, kernelWidth]`.
 * @param bias `[outChannels]` or `null`.
 * @returns `[…, outChannels, H', W']`, `H' = (H − 1)·stride − 2·padding + dilation·(kernelHeight − 1) + outputPadding + 1`.
 * @throws ShapeError when channels, groups or sizes do not fit.
 * @see torch.nn.functional.conv_transpose2d
 */
export function convTranspose2d(
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: ConvTranspose2dOptions = {},
): Tensor {
  return convTranspose2dOperator.run([input], resolveConvTranspose2d(weight, bias, options));
}
