import type { Spelling } from './spelling.js';

/** By running statistics, or by those of the batch. Unlike ONNX's, it may have neither scale nor shift: they are left out. */
export const batchNorm: Spelling = (node) => {
  const epsilon = node.number('eps', 1e-5);
  const factors = ['weight', 'bias'].map((name) => node.optional(name));
  const isOwn = node.truth('training', false) || node.truth('use_input_stats', false);
  if (isOwn || !node.has('running_mean')) {
    return node.result('BatchNormalization', [node.value('input'), ...factors], {
      epsilon,
      training_mode: 1,
    });
  }
  const statistics = [node.value('running_mean'), node.value('running_var')];
  node.result('BatchNormalization', [node.value('input'), ...factors, ...statistics], {
    epsilon,
  });
};

export const instanceNorm: Spelling = (node) => {
  if (!node.truth('use_input_stats', true)) return batchNorm(node);
  const inputs = ['input', 'weight', 'bias'].map((name) => node.optional(name));
  node.result('InstanceNormalization', inputs, { epsilon: node.number('eps', 1e-5) });
};

export const groupNorm =
  (input: string, groups: string): Spelling =>
  (node) => {
    const inputs = [node.value(input), node.optional('weight'), node.optional('bias')];
    const attributes = { num_groups: node.number(groups, 1), epsilon: node.number('eps', 1e-5) };
    node.result('GroupNormalization', inputs, attributes);
  };

export const layerNorm: Spelling = (node) => {
  const axis = -(node.numbers('normalized_shape')?.length ?? 1);
  const weight = node.has('weight') ? node.value('weight') : node.constant('one', 1);
  const inputs = [node.value('input'), weight, node.optional('bias')];
  node.result('LayerNormalization', inputs, { axis, epsilon: node.number('eps', 1e-5) });
};
