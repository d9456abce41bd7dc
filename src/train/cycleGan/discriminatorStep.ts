import { scaled } from '../../autograd/arithmetic.js';
import type { Value } from '../../graph/builder.js';
import type { Module } from '../../nn/module.js';
import type { Shape } from '../../tensor/shape.js';
import { type GanMode, ganLoss } from '../losses/ganLoss.js';
import { batchInputs } from '../step/pictures.js';
import type { StepGraph } from '../step/stepGraph.js';
import { meanOf } from './generatorStep.js';

/**
 * The loss of a discriminator, `[1]`: half of that on real pictures and half of that on made ones, which are inputs, too.
 *
 * @see junyanz/pytorch-CycleGAN-and-pix2pix, models/cycle_gan_model.py, backward_D_basic
 */
export function buildDiscriminatorStep(
  step: StepGraph,
  netD: Module,
  ganMode: GanMode,
  shape: Shape,
  parts: number,
): Value {
  const { g } = step;
  const reals = batchInputs(g, shape, parts, 'real');
  const fakes = batchInputs(g, shape, parts, 'fake');
  const judged = (picture: Value, isReal: boolean) => {
    const half = scaled(g, ganLoss(g, g.call(netD, picture), isReal, ganMode), 0.5);
    step.backward(scaled(g, half, 1 / reals.length));
    return half;
  };
  return meanOf(
    g,
    reals.map((real, n) => g.add(judged(real, true), judged(fakes[n], false))),
  );
}
