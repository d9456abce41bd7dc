import { linearOperator } from '../../../tensor/linear.js';
import { namesOf, type OnnxOperand, spelling } from '../spelling.js';

export const linearSpelling = spelling(linearOperator, (writer, node, operands) => {
  const factors = { alpha: { float: 1 }, beta: { float: 1 }, transA: 0, transB: 1 };
  if (node.shape.length === 2) return writer.add('Gemm', namesOf(operands), factors);
  // Gemm takes two dimensions.
  const [x, weight, bias] = operands as readonly [OnnxOperand, OnnxOperand, OnnxOperand | null];
  const turned = writer.add('Transpose', [weight.name], { perm: [1, 0] });
  const product = writer.add('MatMul', [x.name, turned]);
  return bias === null ? product : writer.add('Add', [product, bias.name]);
});
