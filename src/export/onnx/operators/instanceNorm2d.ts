import { instanceNorm2dOperator } from '../../../tensor/instanceNorm2d.js';
import { writeNormalized, writeScaled } from '../exactNorm.js';
import { namesOf, type OnnxOperand, spelling } from '../spelling.js';
import { normInputs } from './normOperands.js';

/** With statistics of its own, any norm is what ONNX calls a batch norm. */
export const instanceNorm2dSpelling = spelling(instanceNorm2dOperator, (writer, node, operands) => {
  const { eps } = node.attributes;
  const statistics = namesOf(operands.slice(3));
  if (writer.exactNorms && statistics.length === 0) {
    const [input, weight, bias] = operands;
    const definition = { eps, correction: 0, epsOutside: false } as const;
    const value = writeNormalized(writer, definition, (input as OnnxOperand).name);
    return writeScaled(writer, value, weight, bias);
  }
  const type = statistics.length > 0 ? 'BatchNormalization' : 'InstanceNormalization';
  const inputs = [...normInputs(writer, operands, node.shape), ...statistics];
  return writer.add(type, inputs, { epsilon: { float: eps } });
});
