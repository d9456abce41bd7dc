import { expect, it } from 'vitest';
import { isSameGraph } from '../../src/generator/sameGraph.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import { addOperator } from '../../src/tensor/add.js';
import { Tensor } from '../../src/tensor/tensor.js';

function plus(tensor: Tensor) {
  const g = new GraphBuilder([1, 1, 40, 40]);
  return g.finish(g.apply(addOperator, [g.input, g.constant(tensor)], {}));
}

it.each([
  [1, 1],
  [40, 40],
])('constants of %i x %i are alike where their numbers are, or may be', (rows, columns) => {
  const ones = Tensor.full([1, 1, rows, columns], 1);
  expect(isSameGraph(plus(ones), plus(ones))).toBe(true);
  expect(isSameGraph(plus(ones), plus(Tensor.full([1, 1, rows, columns], 2)))).toBe(false);
});
