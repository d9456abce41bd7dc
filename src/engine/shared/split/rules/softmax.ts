import { axisOf } from '../../../../tensor/shape.js';
import { softmaxOperator } from '../../../../tensor/softmax.js';
import { splitRule } from '../splitRule.js';

export const softmaxSplit = splitRule(softmaxOperator, {
  attributesOf: ({ attributes, shape }) =>
    axisOf('softmax', attributes.dim, shape) === 0 ? null : attributes,
});
