import { reflectionPad2dOperator } from '../../../../tensor/reflectionPad2d.js';
import { rule } from '../rule.js';

export const reflectionPad2dRule = rule(reflectionPad2dOperator, (fuser, node) => {
  const [left, right, top, bottom] = node.attributes.padding;
  return fuser.surround(fuser.operand(node, 0), { mode: 'reflect', left, right, top, bottom });
});
