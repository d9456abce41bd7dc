import { type Spelling, times } from './spelling.js';

export const linear: Spelling = (node) => {
  const turned = node.add('Transpose', [node.value('weight')], { perm: [1, 0] });
  const inputs = [node.value('input'), turned];
  if (!node.has('bias')) return node.result('MatMul', inputs);
  node.result('Add', [node.add('MatMul', inputs), node.value('bias')]);
};

/** `alpha · (a b) + beta · c`. */
export const addmm: Spelling = (node) => {
  const product = node.add('MatMul', [node.value('mat1'), node.value('mat2')]);
  const [alpha, beta] = [node.number('alpha', 1), node.number('beta', 1)];
  node.result('Add', [times(node, product, alpha), times(node, node.value('self'), beta)]);
};

export const softmax: Spelling = (node) =>
  node.result('Softmax', [node.value('self')], { axis: node.number('dim', -1) });
