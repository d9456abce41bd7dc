import { ShapeError } from '../errors.js';
import { transposedPhases } from './axisPhase.js';
import { checkOptions } from './callerValues.js';
import {
  CONVOLUTION_OPERANDS,
  type Conv2dAttributes,
  type ConvolutionOperands,
  checkKernel,
} from './conv2d.js';
import { correlate } from './correlate.js';
import { type Operator, runOperator } from './operator.js';
import { regionOfFirst } from './region.js';
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
export interface ConvTranspose2dAttributes extends Conv2dAttributes {
  readonly outputPadding: readonly [number, number];
}

/** @throws ShapeError for options that are not fitting whole numbers, or an output padding not below stride or dilation. */
export function resolveConvTranspose2d(
  options: ConvTranspose2dOptions = {},
): ConvTranspose2dAttributes {
  checkOptions('convTranspose2d', options);
  const { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1 } = options;
  const attributes = {
    stride: toPair(stride, 'convTranspose2d: stride', 1),
    padding: toPair(padding, 'convTranspose2d: padding', 0),
    outputPadding: toPair(outputPadding, 'convTranspose2d: outputPadding', 0),
    dilation: toPair(dilation, 'convTranspose2d: dilation', 1),
    groups,
  };
  const [height, width] = attributes.outputPadding;
  if (
    height >= Math.max(attributes.stride[0], attributes.dilation[0]) ||
    width >= Math.max(attributes.stride[1], attributes.dilation[1])
  ) {
    throw new ShapeError(
      `convTranspose2d: output padding must be smaller than either stride or dilation, but got output padding (${height}, ${width}), stride (${attributes.stride.join(', ')}), dilation (${attributes.dilation.join(', ')}).`,
    );
  }
  return attributes;
}

export const convTranspose2dOperator: Operator<ConvTranspose2dAttributes, ConvolutionOperands> = {
  op: 'convTranspose2d',
  operands: CONVOLUTION_OPERANDS,

  outputShape([input, weight, bias], { stride, padding, outputPadding, dilation, groups }) {
    const [inChannels, perGroup, kernelHeight, kernelWidth] = weight;
    checkKernel('convTranspose2d', weight, bias, groups, inChannels, perGroup * groups);
    const { channels, height, width, with: resized } = imageShape(input, 'convTranspose2d');
    if (channels !== inChannels) {
      throw new ShapeError(
        `convTranspose2d: given weight of size ${formatShape(weight)}, expected input${formatShape(input)} to have ${inChannels} channels, but got ${channels} channels instead.`,
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

  run([input, weight, bias], attributes) {
    const { stride, padding, dilation, groups } = attributes;
    const { batch, channels, height, width } = imageShape(input.shape, 'convTranspose2d');
    const shape = this.outputShape([input.shape, weight.shape, bias?.shape ?? null], attributes);
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
    const columns = transposedPhases(outWidth, kernelWidth, stride[1], padding[1], dilation[1]);
    for (const rows of transposedPhases(
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

  multiplyAdds([input, [, perGroup, kernelHeight, kernelWidth]]) {
    return sizeOf(input) * perGroup * kernelHeight * kernelWidth;
  },

  inputRegions(region, operands, { stride, padding, dilation }) {
    const [, , kernelHeight, kernelWidth] = operands[1];
    // Output o meets inputs i with o = i · stride − padding + k · dilation, 0 ≤ k < kernel.
    const reach = (from: number, to: number, axis: 0 | 1, kernel: number) => [
      Math.ceil((from + padding[axis] - dilation[axis] * (kernel - 1)) / stride[axis]),
      Math.floor((to - 1 + padding[axis]) / stride[axis]) + 1,
    ];
    const [top, bottom] = reach(region.top, region.bottom, 0, kernelHeight);
    const [left, right] = reach(region.left, region.right, 1, kernelWidth);
    return regionOfFirst({ top, bottom, left, right }, operands);
  },
};

/**
 * Transposed 2-D convolution (the gradient of `conv2d` with respect to its input), computed as one
 * plain convolution a phase of the stride: no zeros are inserted and no output is visited twice.
 *
 * ```ts
 * const x = new Tensor(Float32Array.of(1, 2), [1, 1, 1, 2]);
 * const weight = Tensor.full([1, 1, 1, 3], 1);
 * convTranspose2d(x, weight, null, { stride: 2 }).data; // [1, 1, 3, 2, 2]
 * ```
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
  return runOperator(
    convTranspose2dOperator,
    [input, weight, bias],
    resolveConvTranspose2d(options),
  );
}
