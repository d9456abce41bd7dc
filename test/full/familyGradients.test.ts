import { describe, expect, it } from 'vitest';
import { backward } from '../../src/autograd/grad.js';
import { FAMILIES } from '../../src/generator/families.js';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import { compileGraph } from '../../src/nn/compile.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { engines } from '../support/engines.js';
import { type FamilyCase, familyCases, filled, stateDictOf } from '../support/familyCases.js';
import { largest, storedGradients } from '../support/gradientGoldens.js';
import { dot, lossGraph, parameterId, referenceOf } from '../support/training.js';

/** How far a slope that is measured may be from the gradient's: `networkGradients.test.ts` compares them more closely. */
const MAX_ERROR = 0.05;
/**
 * Changes of all weights, relative to their size. One of them will do: large ones meet corners of activations and pools, and of
 * small ones, rounding to float32 leaves little.
 */
const STEPS = [2 ** -12, 2 ** -14, 2 ** -16, 2 ** -18];

/** How far engines may be from the reference, of a layer's largest: a few elements change the sides of corners. */
const MAX_ENGINE_ERROR = 1e-3;

const seed = new Tensor(Float32Array.of(1, 2), [2]);
// A network of each family, the same as in `networkGradients.test.ts`.
const names = new Set(
  storedGradients<{ readonly name: string }>('families.json').map(({ name }) => name),
);
const cases = familyCases.filter(({ name }) => names.has(name));

describe.each(cases.map((one) => [one.name, one] as const))('%s in training mode', (_, one) => {
  it('has gradients that are the slope, dropout included', async () => {
    const { net, graph, keys, gradient, inputs } = await traced(one);
    const gradients = await referenceOf(gradient).runAll(inputs);
    // Along the gradient, each tensor by a share of its size; elements unlike each other, so that each counts for itself.
    const weights = net.stateDict();
    const weight = (key: string) => weights.get(key) as Tensor;
    const directions = keys.map((key, i) => directionOf(weight(key), gradients[i], i));
    const slope = directions.reduce((sum, direction, i) => sum + dot(direction, gradients[i]), 0);
    const forward = referenceOf(graph);
    const lossAt = async (step: number) => {
      const moved = keys.map((key, i) => [key, weight(key).add(directions[i].mul(step))] as const);
      await forward.updateParameters(new Map(moved));
      return (await forward.runAll(inputs))[0].data[0];
    };
    const errors: number[] = [];
    for (const step of STEPS) {
      const measured = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
      errors.push(Math.abs(measured / slope - 1));
    }
    expect(slope).toBeGreaterThan(0);
    expect(Math.min(...errors)).toBeLessThan(MAX_ERROR);
  });

  it.each(
    engines
      .filter(({ name }) => name !== 'js')
      .map(({ name, options }) => [name, options] as const),
  )('has the same on %s', async (_, options) => {
    const { keys, gradient, inputs } = await traced(one);
    const expected = await referenceOf(gradient).runAll(inputs);
    const program = await compileGraph(gradient, options);
    const found = await program.runAll(inputs);
    const state = program.parameters();
    program.dispose();
    const scales = new Map(keys.map((key, i) => [key, largest(expected[i].data)]));
    for (const [i, key] of keys.entries()) {
      const layer = Math.max(scales.get(key) ?? 0, scales.get(key.replace(/bias$/, 'weight')) ?? 0);
      const error = largest(found[i].data.map((value, at) => value - expected[i].data[at]));
      expect(error / layer, key).toBeLessThan(MAX_ENGINE_ERROR);
    }
    for (const tensor of state.values()) expect(tensor.data.every(Number.isFinite)).toBe(true);
  });

  it.each([1, 2])('runs no gradient of %d pictures in reference loops', async (pictures) => {
    const { gradient } = await traced(one, pictures);
    const program = await compileGraph(gradient, { engine: 'wasm', threads: 1 });
    expect(program.fallbacks).toEqual([]);
    program.dispose();
  });
});

it('there is one of every family', () => {
  const held = new Set(cases.map(({ family }) => family));
  expect(FAMILIES.map(({ name }) => name).filter((name) => !held.has(name))).toEqual([]);
});

/** The graphs of a network's loss, and of the gradients of all parameters that it uses, by their keys. */
async function traced(one: FamilyCase, pictures: number | null = null) {
  const file = encodeStateDict(stateDictOf(one), 'net.pth');
  const { module: net } = await openGenerator(file, one.options);
  net.train();
  const [{ input: own }] = one.runs.toSorted((a, b) => a.input[0] - b.input[0]);
  // Of one picture, the innermost norm may have one pixel, which is refused.
  const times = pictures === 1 && one.family === 'sktbrain-discogan' ? 2 : 1;
  const input = own.map((side, axis) =>
    axis === 0 ? (pictures ?? side) : side * (axis > 1 ? times : 1),
  );
  const graph = lossGraph(net, input, 'mse');
  // Some classes have layers that they never use.
  const used = new Set(graph.parameters.flatMap(({ key, aliases }) => [key, ...aliases]));
  const keys = [...net.namedParameters()].flatMap(([key]) => (used.has(key) ? [key] : []));
  const g = GraphBuilder.from(graph);
  const by = keys.map((key) => graph.values[parameterId(graph, key)]);
  const found = backward(g, graph.values[graph.outputs[0]], by);
  expect(keys.filter((_, i) => found[i] === null)).toEqual([]);
  const inputs = [
    filled(input, 1000, one.low, one.high),
    seed,
    filled(graph.inputs[2].shape, 2000, one.low, one.high),
  ];
  return { net, graph, keys, gradient: g.finish(found.flatMap((value) => value ?? [])), inputs };
}

function directionOf(weight: Tensor, gradient: Tensor, number: number): Tensor {
  const size = Math.sqrt(dot(gradient, gradient));
  const along = gradient.mul(filled(gradient.shape, number, 0.5, 1.5));
  return size === 0 ? along : along.mul(Math.sqrt(dot(weight, weight)) / size);
}
