import type { GraphBuilder, Value } from '../../graph/builder.js';
import { bceWithLogitsLoss } from './bceWithLogitsLoss.js';
import { mseLoss } from './mseLoss.js';

/** How a discriminator's answers are judged: least squares, or cross entropy of logits. */
export type GanMode = 'lsgan' | 'vanilla';

const LOSSES = { lsgan: mseLoss, vanilla: bceWithLogitsLoss } as const;

/**
 * How far a discriminator's answers, of any shape, are from saying `isReal`: from 1 for real, or from 0. `[1]`.
 *
 * ```ts
 * const g = new GraphBuilder([1, 1, 6, 4]);
 * ganLoss(g, g.input, true, 'lsgan').shape; // [1]
 * ```
 *
 * @see Mao et al., arXiv:1611.04076 (least squares); junyanz/pytorch-CycleGAN-and-pix2pix, models/networks.py, GANLoss
 */
export function ganLoss(g: GraphBuilder, answers: Value, isReal: boolean, mode: GanMode): Value {
  return LOSSES[mode](g, answers, isReal ? 1 : 0);
}
