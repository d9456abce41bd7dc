import { type Spelling, times } from './spelling.js';

/** `a + alpha · b`, and the like. */
export const scaled =
  (type: string, first = 'self', second = 'other'): Spelling =>
  (node) => {
    const by = times(node, node.value(second), node.number('alpha', 1));
    node.result(type, [node.value(first), by]);
  };
