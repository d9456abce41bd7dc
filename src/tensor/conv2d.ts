import { ShapeError } from '../errors.js';
import { convPhase } from './axisPhase.js';
import { checkOptions } from './callerValues.js';
import { correlate } from './correlate.js';
import { type Operator, runOperator } from './operator.js';
import { regionOfFirst } from './region.js';
import { formatShape, imageShape, type Pair, type Shape, sizeOf, toPair } from './shape.js';
import { Tensor } from './tensor.js';

export interface Conv2dOptions {
  readonly stride?: Pair;
  readonly padding?: Pair;
  readonly dilation?: Pair;
  readonly groups?: number;
}

/** Pairs are `[vertical, horizontal]`. */
export interface Conv2dAttributes {
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
}

/** Names of what both convolutions compute with. */
export const CONVOLUTION_OPERANDS = ['input', 'weight', 'bias?'] as const;
export type ConvolutionOperands = typeof CONVOLUTION_OPERANDS;

/** @throws ShapeError for a stride, padding or dilation that is not a fitting whole number. */
export function resolveConv2d(options: Conv2dOptions = {}): Conv2dAttributes {
  checkOptions('conv2d', options);
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  return {
    stride: toPair(stride, 'conv2d: stride', 1),
    padding: toPair(padding, 'conv2d: padding', 0),
    dilation: toPair(dilation, 'conv2d: dilation', 1),
    groups,
  };
}

/** What both convolutions demand of their weights. `grouped` is the weight's first side, which the groups split. */
export function checkKernel(
  op: string,
  weight: Shape,
  bias: Shape | null,
  groups: number,
  grouped: number,
  outChannels: number,
): void {
  if (weight.length !== 4 || sizeOf(weight) === 0) {
    throw new ShapeError(
      `${op}: expected a 4D weight with no empty side, but got size ${formatShape(weight)}.`,
    );
  }
  if (!Number.isInteger(groups) || groups < 1 || grouped % groups !== 0) {
    throw new ShapeError(
      `${op}: weight of size ${formatShape(weight)} has ${grouped} channels, which ${groups} groups do not divide.`,
    );
  }
  if (bias !== null && (bias.length !== 1 || bias[0] !== outChannels)) {
    throw new ShapeError(
      `${op}: expected a bias of size [${outChannels}], but got ${formatShape(bias)}.`,
    );
  }
}

export const conv2dOperator: Operator<Conv2dAttributes, ConvolutionOperands> = {
  op: 'conv2d',
  operands: CONVOLUTION_OPERANDS,

  outputShape([input, weight, bias], { stride, padding, dilation, groups }) {
    const [outChannels, perGroup, kernelHeight, kernelWidth] = weight;
    checkKernel('conv2d', weight, bias, groups, outChannels, outChannels);
    const { channels, height, width, with: resized } = imageShape(input, 'conv2d');
    if (channels !== perGroup * groups) {
      throw new ShapeError(
        `conv2d: given groups=${groups}, weight of size ${formatShape(weight)}, expected input${formatShape(input)} to have ${perGroup * groups} channels, but got ${channels} channels instead.`,
      );
    }
    const padded = [height + 2 * padding[0], width + 2 * padding[1]];
    const reach = [dilation[0] * (kernelHeight - 1) + 1, dilation[1] * (kernelWidth - 1) + 1];
    if (reach[0] > padded[0] || reach[1] > padded[1]) {
      throw new ShapeError(
        `conv2d: calculated padded input size per channel: (${padded.join(' x ')}). Kernel size: (${reach.join(' x ')}). The kernel can't be greater than the actual input.`,
      );
    }
    return resized(
      outChannels,
      Math.floor((padded[0] - reach[0]) / stride[0]) + 1,
      Math.floor((padded[1] - reach[1]) / stride[1]) + 1,
    );
  },

  run([input, weight, bias], attributes) {
    const { stride, padding, dilation, groups } = attributes;
    const { batch, channels, height, width } = imageShape(input.shape, 'conv2d');
    const shape = this.outputShape([input.shape, weight.shape, bias?.shape ?? null], attributes);
    const [outChannels, outHeight, outWidth] = shape.slice(-3);
    const [, perGroup, kernelHeight, kernelWidth] = weight.shape;
    const out = Tensor.zeros(shape);
    const perOut = perGroup * kernelHeight * kernelWidth;
    correlate(
      {
        input: input.data,
        batch,
        inChannels: channels,
        inHeight: height,
        inWidth: width,
        groups,
        weight: weight.data,
        weightStrides: {
          group: (outChannels / groups) * perOut,
          out: perOut,
          in: kernelHeight * kernelWidth,
        },
        kernelWidth,
        bias: bias?.data ?? null,
        outChannels,
        outHeight,
        outWidth,
      },
      convPhase(outHeight, kernelHeight, stride[0], padding[0], dilation[0]),
      convPhase(outWidth, kernelWidth, stride[1], padding[1], dilation[1]),
      out.data,
    );
    return out;
  },

  multiplyAdds(operands, attributes) {
    const [, perGroup, kernelHeight, kernelWidth] = operands[1];
    return sizeOf(this.outputShape(operands, attributes)) * perGroup * kernelHeight * kernelWidth;
  },

  inputRegions(region, operands, { stride, padding, dilation }) {
    const [, , kernelHeight, kernelWidth] = operands[1];
    const reach = (from: number, to: number, axis: 0 | 1, kernel: number) => {
      const first = from * stride[axis] - padding[axis];
      return [first, first + (to - from - 1) * stride[axis] + dilation[axis] * (kernel - 1) + 1];
    };
    const [top, bottom] = reach(region.top, region.bottom, 0, kernelHeight);
    const [left, right] = reach(region.left, region.right, 1, kernelWidth);
    return regionOfFirst({ top, bottom, left, right }, operands);
  },
};

/**
 * 2-D convolution (cross-correlation), zero-padded.
 *
 * ```ts
 * const ones = Tensor.full([1, 1, 3, 3], 1);
 * conv2d(ones, ones, null, { padding: 1 }).data; // [4, 6, 4, 6, 9, 6, 4, 6, 4]
 * ```
 *
 * @param input `[N, inChannels, H, W]` or `[inChannels, H, W]`.
 * @param weight `[outChannels, inChannels / groups, kernelHeight, kernelWidth]`.
 * @param bias `[outChannels]` or `null`.
 * @returns `[…, outChannels, H', W']`, `H' = ⌊(H + 2·padding − dilation·(kernelHeight − 1) − 1) / stride⌋ + 1`.
 * @throws ShapeError when channels, groups or sizes do not fit.
 * @see torch.nn.functional.conv2d
 */
export function conv2d(
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: Conv2dOptions = {},
): Tensor {
  return runOperator(conv2dOperator, [input, weight, bias], resolveConv2d(options));
}
