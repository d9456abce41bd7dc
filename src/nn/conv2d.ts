import { ShapeError } from '../errors.js';
import type { GraphBuilder, Value } from '../graph/builder.js';
import { type Conv2dOptions, conv2dOperator, resolveConv2d } from '../tensor/conv2d.js';
import { type PadMode, padOperator } from '../tensor/pad.js';
import { type Pair, toPair } from '../tensor/shape.js';
import { convolutionParameters } from './init.js';
import { Module } from './module.js';
import type { Parameter } from './parameter.js';
import { bool, pair } from './repr.js';

/** What lies around the input: zeros, mirrored rows and columns, or the outermost ones again. */
export type PaddingMode = 'zeros' | 'reflect' | 'replicate';

export interface Conv2dModuleOptions extends Conv2dOptions {
  readonly bias?: boolean;
  /** Default: `zeros`. */
  readonly paddingMode?: PaddingMode;
}

const PAD_MODES: Readonly<Record<PaddingMode, PadMode>> = {
  zeros: 'constant',
  reflect: 'reflect',
  replicate: 'replicate',
};

/**
 * 2-D convolution: `[N, inChannels, H, W]` → `[N, outChannels, H', W']`.
 *
 * ```ts
 * const conv = new Conv2d(3, 8, 3, { stride: 2, padding: 1 });
 * conv.toString(); // 'Conv2d(3, 8, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1))'
 * (await conv.forward(Tensor.zeros([1, 3, 6, 6]))).shape; // [1, 8, 3, 3]
 * ```
 *
 * @see torch.nn.Conv2d
 */
export class Conv2d extends Module {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
  readonly paddingMode: PaddingMode;
  /** `[outChannels, inChannels / groups, kernelHeight, kernelWidth]`. */
  readonly weight: Parameter;
  /** `[outChannels]`. */
  readonly bias: Parameter | null;

  /** @throws ShapeError when the groups do not divide both channel counts, or for a padding mode that there is not. */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    options: Conv2dModuleOptions = {},
  ) {
    super();
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } = options;
    const { paddingMode = 'zeros' } = options;
    if (!Object.hasOwn(PAD_MODES, paddingMode)) {
      throw new ShapeError(
        `Conv2d: paddingMode must be ${Object.keys(PAD_MODES).join(', ')}, but got ${JSON.stringify(paddingMode)}.`,
      );
    }
    checkChannels('Conv2d', inChannels, outChannels, groups);
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = toPair(kernelSize, 'Conv2d: kernelSize', 1);
    this.stride = toPair(stride, 'Conv2d: stride', 1);
    this.padding = toPair(padding, 'Conv2d: padding', 0);
    this.dilation = toPair(dilation, 'Conv2d: dilation', 1);
    this.groups = groups;
    this.paddingMode = paddingMode;
    const shape = [outChannels, inChannels / groups, ...this.kernelSize];
    const parameters = convolutionParameters(shape, outChannels, bias);
    this.weight = this.registerParameter('weight', parameters.weight);
    this.bias = this.registerParameter('bias', parameters.bias);
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const weight = g.parameter(this.weight);
    const bias = this.bias === null ? null : g.parameter(this.bias);
    if (this.paddingMode === 'zeros') {
      return g.apply(conv2dOperator, [x, weight, bias], resolveConv2d(this));
    }
    const [vertical, horizontal] = this.padding;
    const padded = g.apply(padOperator, [x], {
      mode: PAD_MODES[this.paddingMode],
      padding: [horizontal, horizontal, vertical, vertical],
    });
    const attributes = { ...resolveConv2d(this), padding: [0, 0] as const };
    return g.apply(conv2dOperator, [padded, weight, bias], attributes);
  }

  protected override extraRepr(): string {
    return convolutionRepr(this);
  }
}

/** What both convolutions demand of their channel counts. */
export function checkChannels(
  name: string,
  inChannels: number,
  outChannels: number,
  groups: number,
): void {
  for (const [what, value] of Object.entries({ inChannels, outChannels, groups })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new ShapeError(`${name}: ${what} must be a whole number from 1 up, but got ${value}.`);
    }
  }
  for (const [what, value] of Object.entries({ inChannels, outChannels })) {
    if (value % groups !== 0) {
      throw new ShapeError(`${name}: ${what} (${value}) must be divisible by groups (${groups}).`);
    }
  }
}

/** PyTorch prints what differs from the defaults. */
export function convolutionRepr(layer: {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly outputPadding?: readonly [number, number];
  readonly groups: number;
  readonly paddingMode?: PaddingMode;
  readonly bias: unknown;
}): string {
  const { padding, dilation, outputPadding = [0, 0], groups, paddingMode = 'zeros', bias } = layer;
  const parts = [
    `${layer.inChannels}, ${layer.outChannels}`,
    `kernel_size=${pair(layer.kernelSize)}`,
    `stride=${pair(layer.stride)}`,
  ];
  if (padding.some((side) => side !== 0)) parts.push(`padding=${pair(padding)}`);
  if (dilation.some((side) => side !== 1)) parts.push(`dilation=${pair(dilation)}`);
  if (outputPadding.some((side) => side !== 0)) parts.push(`output_padding=${pair(outputPadding)}`);
  if (groups !== 1) parts.push(`groups=${groups}`);
  if (bias === null) parts.push(`bias=${bool(false)}`);
  if (paddingMode !== 'zeros') parts.push(`padding_mode=${paddingMode}`);
  return parts.join(', ');
}
