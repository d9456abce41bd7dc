import { describe, expect, it } from 'vitest';
import { mul, total } from '../../src/autograd/arithmetic.js';
import { grad } from '../../src/autograd/grad.js';
import { GRADIENT_RULES } from '../../src/autograd/rules/index.js';
import { GraphBuilder, type Value } from '../../src/graph/builder.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { filled, floats } from '../support/familyCases.js';
import { FACTORS, largest, MAX_ERROR, storedGradients } from '../support/gradientGoldens.js';
import { referenceOf } from '../support/training.js';

interface StoredOperand {
  readonly shape: readonly number[];
  readonly low?: number;
  readonly high?: number;
  readonly elements?: readonly number[];
}

interface OperatorCase {
  readonly name: string;
  readonly op: string;
  readonly attributes: object;
  readonly operands: readonly (StoredOperand | null)[];
  readonly gradients: readonly (string | null)[];
}

describe('gradients of operators are those of PyTorch', () => {
  const cases = storedGradients<OperatorCase>('operators.json');

  it.each(cases.map((one) => [one.name, one] as const))('%s', async (_, one) => {
    const { operator } = GRADIENT_RULES.find((rule) => rule.operator.op === one.op) ?? {};
    if (operator === undefined) throw new Error(`there is no rule for ${one.op}`);
    const g = new GraphBuilder();
    const inputs: Tensor[] = [];
    const operands = one.operands.map((operand, i): Value | null => {
      if (operand === null) return null;
      const { shape, low = 0, high = 0, elements } = operand;
      inputs.push(
        elements === undefined
          ? filled(shape, i, low, high)
          : new Tensor(Float32Array.from(elements), shape),
      );
      return g.addInput(shape, `x${i}`);
    });
    const made = g.apply(operator, operands as readonly Value[], one.attributes);
    const factors = g.constant(filled(made.shape, FACTORS, -1, 1));
    const by = operands.flatMap((value) => (value === null ? [] : [value.id]));
    const graph = grad(g.finish(total(g, mul(g, made, factors))), { by });
    const found = await referenceOf(graph).runAll(inputs);
    const expected = one.gradients.filter((gradient) => gradient !== null).map(floats);
    expect(found.length).toBe(expected.length);
    for (const [i, gradient] of found.entries()) {
      expect(gradient.shape).toEqual(inputs[i].shape);
      const error = largest(gradient.data.map((value, at) => value - expected[i][at]));
      expect(error / largest(expected[i])).toBeLessThan(MAX_ERROR);
    }
  });

  it('there are some of each operator but those of random numbers', () => {
    const held = new Set(cases.map(({ op }) => op));
    const lacking = GRADIENT_RULES.map(({ operator }) => operator.op).filter((op) => !held.has(op));
    expect(lacking).toEqual(['dropout']);
  });
});
