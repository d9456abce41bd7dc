import { instanceNorm2dOperator } from '../../../tensor/instanceNorm2d.js';
import { namesOf, spelling } from '../spelling.js';
import { normInputs } from './normOperands.js';

/** With statistics of its own, any norm is what ONNX calls a batch norm. */
export const instanceNorm2dSpelling = spelling(instanceNorm2dOperator, (writer, node, operands) => {
  const statistics = namesOf(operands.slice(3));
  const type = statistics.length > 0 ? 'BatchNormalization' : 'InstanceNormalization';
  const inputs = [...normInputs(writer, operands, node.shape), ...statistics];
  return writer.add(type, inputs, { epsilon: { float: node.attributes.eps } });
});
