import { type Spelling, times } from './spelling.js';

export const clamp: Spelling = (node) => {
  const bound = (name: string) => (node.has(name) ? node.value(name) : '');
  node.result('Clip', [node.value('self'), bound('min'), bound('max')]);
};

export const prelu: Spelling = (node) => {
  const count = node.shape('weight')?.[0] ?? 1;
  const shape = node.constants('shape', count === 1 ? [1] : [count, 1, 1]);
  node.result('PRelu', [node.value('self'), node.add('Reshape', [node.value('weight'), shape])]);
};

/** `scale · (max(x, 0) + alpha · (exp(input_scale · min(x, 0)) − 1))`. */
export const elu: Spelling = (node) => {
  const x = node.value('self');
  const alpha = node.number('alpha', 1);
  const [scale, slope] = [node.number('scale', 1), node.number('input_scale', 1)];
  if (!(slope > 0)) throw node.refusal(`its "input_scale" is ${slope}`);
  if (scale === 1 && slope === 1) return node.result('Elu', [x], { alpha });
  const below = node.add('Clip', [x, '', node.constant('max', 0)]);
  const power = node.add('Elu', [times(node, below, slope)], { alpha });
  const sum = node.add('Add', [node.add('Relu', [x]), power]);
  node.result('Mul', [sum, node.constant('scale', scale)]);
};

/** `log(1 + exp(beta · x)) / beta`; beyond the threshold, `x`, which is the same where that is 20, as by default. */
export const softplus: Spelling = (node) => {
  const [beta, threshold] = [node.number('beta', 1), node.number('threshold', 20)];
  if (!(beta > 0)) throw node.refusal(`its "beta" is ${beta}`);
  if (!(threshold >= 20)) throw node.refusal(`its "threshold" is ${threshold}, less than 20`);
  if (beta === 1) return node.result('Softplus', [node.value('self')]);
  const power = node.add('Softplus', [times(node, node.value('self'), beta)]);
  node.result('Div', [power, node.constant('beta', beta)]);
};

export const leakyRelu: Spelling = (node) =>
  node.result('LeakyRelu', [node.value('self')], { alpha: node.number('negative_slope', 0.01) });

export const hardtanh: Spelling = (node) => {
  const bounds = [
    node.constant('min', node.number('min_val', -1)),
    node.constant('max', node.number('max_val', 1)),
  ];
  node.result('Clip', [node.value('self'), ...bounds]);
};
