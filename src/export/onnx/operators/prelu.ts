import { preluOperator } from '../../../tensor/prelu.js';
import { type OnnxOperand, spelling } from '../spelling.js';

/** ONNX has slopes go with the last dimensions. */
export const preluSpelling = spelling(preluOperator, (writer, node, operands) => {
  const [x, weight] = operands as readonly [OnnxOperand, OnnxOperand];
  const sides = node.shape.slice(2).map(() => 1);
  const slopes = writer.add('Reshape', [weight.name, writer.integers([-1, ...sides])], {}, 'slope');
  return writer.add('PRelu', [x.name, slopes]);
});
