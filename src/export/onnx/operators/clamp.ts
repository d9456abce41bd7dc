import { clampOperator } from '../../../tensor/clamp.js';
import { namesOf, spelling } from '../spelling.js';

/** A bound that is absent is an empty name, or none at the end. */
export const clampSpelling = spelling(clampOperator, (writer, node, operands) => {
  const { min, max } = node.attributes;
  const bounds = [min === Number.NEGATIVE_INFINITY ? '' : writer.scalar(min)];
  if (max !== Number.POSITIVE_INFINITY) bounds.push(writer.scalar(max));
  return writer.add('Clip', [...namesOf(operands), ...bounds]);
});
