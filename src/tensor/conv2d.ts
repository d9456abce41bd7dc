import { ShapeError } from '../errors.js';
import { correlate } from './correlate.js';
import { convLattice } from './lattice.js';
import type { Operator } from './operator.js';
import { formatShape, imageShape, type Pair, sizeOf, toPair } from './shape.js';
import { Tensor } from './tensor.js';

export interface Conv2dOptions {
  readonly stride?: Pair;
  readonly padding?: Pair;
  readonly dilation?: Pair;
  readonly groups?: number;
}

/** Pairs are `[vertical, horizontal]`. */
export interface Conv2dParams {
  /** `[outChannels, inChannels / groups, kernelHeight, kernelWidth]`. */
  readonly weight: Tensor;
  /** `[outChannels]`. */
  readonly bias: Tensor | null;
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
}

/** @throws ShapeError for a stride, padding, dilation or group count that is not a fitting whole number. */
export function resolveConv2d(
  weight: Tensor,
  bias: Tensor | null,
  options: Conv2dOptions = {},
): Conv2dParams {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  const params = {
    weight,
    bias,
    stride: toPair(stride, 'conv2d: stride', 1),
    padding: toPair(padding, 'conv2d: padding', 0),
    dilation: toPair(dilation, 'conv2d: dilation', 1),
    groups,
  };
  checkKernel('conv2d', weight, bias, groups, weight.shape[0], weight.shape[0]);
  return params;
}

/** What both convolutions demand of their weights. `grouped` is the weight's first side, which the groups split. */
export function checkKernel(
  op: string,
  weight: Tensor,
  bias: Tensor | null,
  groups: number,
  grouped: number,
  outChannels: number,
): void {
  if (weight.shape.length !== 4 || weight.size === 0) {
    throw new ShapeError(
      `${op}: expected a 4D weight with no empty side, but got size ${formatShape(weight.shape)}.`,
    );
  }
  if (!Number.isInteger(groups) || groups < 1 || grouped % groups !== 0) {
    throw new ShapeError(
      `${op}: weight of size ${formatShape(weight.shape)} has ${grouped} channels, which ${groups} groups do not divide.`,
    );
  }
  if (bias !== null && (bias.shape.length !== 1 || bias.shape[0] !== outChannels)) {
    throw new ShapeError(
      `${op}: expected a bias of size [${outChannels}], but got ${formatShape(bias.shape)}.`,
    );
  }
}

export const conv2dOperator: Operator<Conv2dParams> = {
  op: 'conv2d',

  outputShape([input], { weight, stride, padding, dilation, groups }) {
    const { channels, height, width, with: resized } = imageShape(input, 'conv2d');
    const [outChannels, perGroup, kernelHeight, kernelWidth] = weight.shape;
    if (channels !== perGroup * groups) {
      throw new ShapeError(
        `conv2d: given groups=${groups}, weight of size ${formatShape(weight.shape)}, expected input${formatShape(input)} to have ${perGroup * groups} channels, but got ${channels} channels instead.`,
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

  run([input], params) {
    const { weight, bias, stride, padding, dilation, groups } = params;
    const { batch, channels, height, width } = imageShape(input.shape, 'conv2d');
    const shape = this.outputShape([input.shape], params);
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
      convLattice(outHeight, kernelHeight, stride[0], padding[0], dilation[0]),
      convLattice(outWidth, kernelWidth, stride[1], padding[1], dilation[1]),
      out.data,
    );
    return out;
  },

  multiplyAdds([input], params) {
    const [, perGroup, kernelHeight, kernelWidth] = params.weight.shape;
    return sizeOf(this.outputShape([input], params)) * perGroup * kernelHeight * kernelWidth;
  },
};

/**
 * 2-D convolution (cross-correlation), zero-padded.
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
  return conv2dOperator.run([input], resolveConv2d(weight, bias, options));
}
