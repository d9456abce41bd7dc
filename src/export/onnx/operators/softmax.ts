import { axisOf } from '../../../tensor/shape.js';
import { softmaxOperator } from '../../../tensor/softmax.js';
import { namesOf, spelling } from '../spelling.js';

/** Before this opset, all dimensions from the axis on count as one. */
const AXIS_IS_ONE = 13;

export const softmaxSpelling = spelling(softmaxOperator, (writer, node, operands) => {
  const axis = axisOf('softmax', node.attributes.dim, node.shape);
  const last = node.shape.length - 1;
  const [x] = namesOf(operands);
  if (writer.opset >= AXIS_IS_ONE || axis === last) return writer.add('Softmax', [x], { axis });
  // The axis and the last one change places.
  const axes = node.shape.map((_, i) => i);
  const perm = axes.with(axis, last).with(last, axis);
  const turned = writer.add('Transpose', [x], { perm });
  return writer.add('Transpose', [writer.add('Softmax', [turned], { axis: last })], { perm });
});
