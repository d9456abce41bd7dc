import type { Value } from '../../../graph/builder.js';
import { conv2dOperator, resolveConv2d } from '../../../tensor/conv2d.js';
import { padOperator } from '../../../tensor/pad.js';
import type { Lower, Lowering } from '../lowering.js';
import { Computed } from '../operand.js';
import { aroundOf, isEven, pairOf } from './windows.js';

/** A convolution of pictures; what is put around one side alone is a border of its own. */
export const conv: Lowering = (node) => {
  const x = node.picture(0);
  const { weight, bias } = convolutionWeights(node);
  const [stride, dilation] = [pairOf(node, 'strides'), pairOf(node, 'dilations')];
  const kernel = [weight.shape[2], weight.shape[3]] as const;
  const around = aroundOf(node, [x.shape[2], x.shape[3]], kernel, stride, dilation);
  const groups = node.integer('group', 1);
  const isPlain = isEven(around);
  const { before, after } = around;
  const padded = isPlain
    ? x
    : node.g.apply(padOperator, [x], {
        mode: 'constant',
        padding: [before[1], after[1], before[0], after[0]],
      });
  const padding = isPlain ? before : ([0, 0] as const);
  const attributes = resolveConv2d({ stride, padding, dilation, groups });
  return new Computed(node.g.apply(conv2dOperator, [padded, weight, bias], attributes));
};

/** Weights of a convolution, which have to be known before a run. */
export function convolutionWeights(node: Lower): { weight: Value; bias: Value | null } {
  const weight = node.constant(1);
  if (weight.shape.length !== 4) {
    throw node.refusal(
      `its weight has shape [${weight.shape.join(', ')}]; convolutions of two dimensions are known here`,
    );
  }
  const bias = node.optional(2);
  return { weight: node.leaf(weight), bias: bias === null ? null : node.leaf(bias) };
}
