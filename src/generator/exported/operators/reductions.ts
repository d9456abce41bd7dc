import type { Spelling } from './spelling.js';

export const reduce =
  (type: string): Spelling =>
  (node) => {
    const dims = node.numbers('dim');
    const axes = dims === null ? '' : node.constants('dims', dims);
    node.result(type, [node.value('self'), axes], {
      keepdims: Number(node.truth('keepdim', false)),
    });
  };
