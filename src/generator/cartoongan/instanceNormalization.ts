import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Module } from '../../nn/module.js';
import { Parameter } from '../../nn/parameter.js';
import { instanceNorm2dOperator } from '../../tensor/instanceNorm2d.js';

const EPS = 1e-9;

/** CartoonGAN's own instance norm, `[N, dim, H, W]` → the same: its weight is called scale, its bias shift. */
export class InstanceNormalization extends Module {
  /** `[dim]` each. */
  readonly scale: Parameter;
  readonly shift: Parameter;

  constructor(dim: number) {
    super();
    this.scale = this.registerParameter('scale', Parameter.filled([dim], 1));
    this.shift = this.registerParameter('shift', Parameter.filled([dim], 0));
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const [scale, shift] = [g.parameter(this.scale), g.parameter(this.shift)];
    return g.apply(instanceNorm2dOperator, [x, scale, shift, null, null], { eps: EPS });
  }
}
