import type { Spelling } from './spelling.js';

export const symSize: Spelling = (node) => {
  const shape = node.add('Shape', [node.value('self')]);
  const index = node.add('Squeeze', [node.constants('dim', [node.number('dim', 0)])]);
  node.result('Gather', [shape, index]);
};

/** Arithmetic on sizes (`SymInt`). */
export const ofSizes =
  (type: string): Spelling =>
  (node) => {
    const given = [...node.node.arguments.keys()];
    node.result(
      type,
      given.map((name) => node.value(name)),
    );
  };

/** Rounds down; ONNX's integer Div truncates toward zero, so the remainder is subtracted first. */
export const floorDivide: Spelling = (node) => {
  const [a, b] = [...node.node.arguments.keys()].map((name) => node.value(name));
  node.result('Div', [node.add('Sub', [a, node.add('Mod', [a, b])]), b]);
};
