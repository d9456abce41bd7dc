import { ShapeError } from '../errors.js';
import type { GraphBuilder, Value } from '../graph/builder.js';
import { groupNormOperator, resolveGroupNorm } from '../tensor/groupNorm.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { bool, float } from './repr.js';

export interface GroupNormModuleOptions {
  /** Default: 1e-5. */
  readonly eps?: number;
  /** Learned scale and shift per channel. Default: true. */
  readonly affine?: boolean;
}

/**
 * Normalises the channels of each picture in groups; a single group is a layer norm of the whole picture.
 *
 * ```ts
 * const x = new Tensor(Float32Array.of(1, 3), [1, 2, 1, 1]);
 * (await new GroupNorm(1, 2).forward(x)).data; // [-1.0000, 1.0000]
 * ```
 *
 * @see torch.nn.GroupNorm
 */
export class GroupNorm extends Module {
  readonly numGroups: number;
  readonly numChannels: number;
  readonly eps: number;
  readonly affine: boolean;
  /** `[numChannels]` each. */
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;

  /** @throws ShapeError unless `numGroups` divides `numChannels`. */
  constructor(numGroups: number, numChannels: number, options: GroupNormModuleOptions = {}) {
    super();
    if (!(numGroups >= 1) || numChannels % numGroups !== 0) {
      throw new ShapeError(
        `GroupNorm: numGroups must divide numChannels, but they are ${numGroups} and ${numChannels}.`,
      );
    }
    const { eps = 1e-5, affine = true } = options;
    this.numGroups = numGroups;
    this.numChannels = numChannels;
    this.eps = eps;
    this.affine = affine;
    const filled = (value: number) => (affine ? Parameter.filled([numChannels], value) : null);
    this.weight = this.registerParameter('weight', filled(1));
    this.bias = this.registerParameter('bias', filled(0));
  }

  /** @throws ShapeError for an input of other than `numChannels` channels. */
  override trace(g: GraphBuilder, x: Value): Value {
    if (x.shape[1] !== this.numChannels) {
      throw new ShapeError(
        `GroupNorm: expected ${this.numChannels} channels, but got an input of size [${x.shape.join(', ')}].`,
      );
    }
    const value = (parameter: Parameter | null) =>
      parameter === null ? null : g.parameter(parameter);
    const operands = [x, value(this.weight), value(this.bias)] as const;
    return g.apply(groupNormOperator, operands, resolveGroupNorm(this.numGroups, this));
  }

  protected override extraRepr(): string {
    return `${this.numGroups}, ${this.numChannels}, eps=${float(this.eps)}, affine=${bool(this.affine)}`;
  }
}
