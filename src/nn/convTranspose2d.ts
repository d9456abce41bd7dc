import type { GraphBuilder, Value } from '../graph/builder.js';
import {
  type ConvTranspose2dOptions,
  convTranspose2dOperator,
  resolveConvTranspose2d,
} from '../tensor/convTranspose2d.js';
import { type Pair, toPair } from '../tensor/shape.js';
import { checkChannels, convolutionRepr } from './conv2d.js';
import { convolutionParameters } from './init.js';
import { Module } from './module.js';
import type { Parameter } from './parameter.js';

export interface ConvTranspose2dModuleOptions extends ConvTranspose2dOptions {
  readonly bias?: boolean;
}

/**
 * Transposed 2-D convolution: `[N, inChannels, H, W]` → `[N, outChannels, H', W']`.
 *
 * ```ts
 * const up = new ConvTranspose2d(8, 3, 3, { stride: 2, padding: 1, outputPadding: 1 });
 * (await up.forward(Tensor.zeros([1, 8, 3, 3]))).shape; // [1, 3, 6, 6]
 * ```
 *
 * @see torch.nn.ConvTranspose2d
 */
export class ConvTranspose2d extends Module {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly outputPadding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
  /** `[inChannels, outChannels / groups, kernelHeight, kernelWidth]`. */
  readonly weight: Parameter;
  /** `[outChannels]`. */
  readonly bias: Parameter | null;

  /** @throws ShapeError when the groups do not divide both channel counts. */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    options: ConvTranspose2dModuleOptions = {},
  ) {
    super();
    const {
      stride = 1,
      padding = 0,
      outputPadding = 0,
      dilation = 1,
      groups = 1,
      bias = true,
    } = options;
    checkChannels('ConvTranspose2d', inChannels, outChannels, groups);
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = toPair(kernelSize, 'ConvTranspose2d: kernelSize', 1);
    this.stride = toPair(stride, 'ConvTranspose2d: stride', 1);
    this.padding = toPair(padding, 'ConvTranspose2d: padding', 0);
    this.outputPadding = toPair(outputPadding, 'ConvTranspose2d: outputPadding', 0);
    this.dilation = toPair(dilation, 'ConvTranspose2d: dilation', 1);
    this.groups = groups;
    const shape = [inChannels, outChannels / groups, ...this.kernelSize];
    const parameters = convolutionParameters(shape, outChannels, bias);
    this.weight = this.registerParameter('weight', parameters.weight);
    this.bias = this.registerParameter('bias', parameters.bias);
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const weight = g.parameter(this.weight);
    const bias = this.bias === null ? null : g.parameter(this.bias);
    return g.apply(convTranspose2dOperator, [x, weight, bias], resolveConvTranspose2d(this));
  }

  protected override extraRepr(): string {
    return convolutionRepr(this);
  }
}
