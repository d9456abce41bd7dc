import { padGradientOperator } from '../../../../../tensor/training/padGradient.js';
import { NO_BORDER } from '../../lazyValue.js';
import { rule } from '../../rule.js';
import { borderOf, cropsFirst } from '../pad.js';

/** What a pad did, backwards: a border is added to what it repeats, and what was taken away gets zeros. */
export const padGradientRule = rule(
  padGradientOperator,
  (fuser, node) => {
    const { size, ...attributes } = node.attributes;
    const gradient = fuser.operand(node, 0);
    const border = borderOf(attributes);
    const [left, right, top, bottom] = attributes.padding.map((side) => Math.max(0, -side));
    const zeros = { ...NO_BORDER, left, right, top, bottom };
    return cropsFirst(attributes, size)
      ? fuser.surround(fuser.fold(gradient, border), zeros)
      : fuser.fold(fuser.surround(gradient, zeros), border);
  },
  { takes: ({ shape }) => shape.every((side, axis) => side > 0 || axis < shape.length - 2) },
);
