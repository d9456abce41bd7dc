import type { AtenNode } from '../atenNode.js';
import type { Spelling } from './spelling.js';

export const conv: Spelling = (node) => {
  if (node.truth('transposed', false)) return convTranspose(node);
  const named = node.argument('padding');
  const isNamed = typeof named === 'string';
  const { pads, ...window } = windowOf(node, isNamed);
  const around = isNamed ? { auto_pad: named === 'same' ? 'SAME_UPPER' : 'VALID' } : { pads };
  node.result('Conv', operandsOf(node), { ...window, ...around, group: node.number('groups', 1) });
};

export const convTranspose: Spelling = (node) => {
  const more = node.pair('output_padding', [0, 0]);
  const attributes = { ...windowOf(node), group: node.number('groups', 1), output_padding: more };
  node.result('ConvTranspose', operandsOf(node), attributes);
};

const operandsOf = (node: AtenNode) =>
  ['input', 'weight', 'bias'].map((name) => node.optional(name));

function windowOf(node: AtenNode, isNamed = false) {
  const [top, left] = isNamed ? [0, 0] : node.pair('padding', [0, 0]);
  return {
    strides: node.pair('stride', [1, 1]),
    dilations: node.pair('dilation', [1, 1]),
    pads: [top, left, top, left],
  };
}
