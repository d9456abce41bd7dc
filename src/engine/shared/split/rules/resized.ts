import { reshapeOperator } from '../../../../tensor/reshape.js';
import type { Shape } from '../../../../tensor/shape.js';
import { expandOperator } from '../../../../tensor/training/expand.js';
import { splitRule } from '../splitRule.js';
import { isBatch, shapeOfOne } from '../splitValue.js';

/** Operators whose attributes have the batch's shape. */

const ofOne = ({ shape }: { readonly shape: Shape }) =>
  isBatch(shape) ? { shape: shapeOfOne(shape) } : null;

export const reshapeSplit = splitRule(reshapeOperator, { attributesOf: ofOne });
export const expandSplit = splitRule(expandOperator, { attributesOf: ofOne });
