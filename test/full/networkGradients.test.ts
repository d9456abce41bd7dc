import { describe, expect, it } from 'vitest';
import { backward } from '../../src/autograd/grad.js';
import { FAMILIES } from '../../src/generator/families.js';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { compileGraph } from '../../src/nn/compile.js';
import { Dropout } from '../../src/nn/dropout.js';
import type { Module } from '../../src/nn/module.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { buildDiscriminator, discriminatorCases } from '../support/discriminatorCases.js';
import {
  type FamilyCase,
  familyCases,
  filled,
  floats,
  stateDictOf,
} from '../support/familyCases.js';
import {
  FACTORS,
  largest,
  MAX_ERROR,
  storedGradients,
  TARGET,
} from '../support/gradientGoldens.js';
import { dot, type LOSSES, lossGraph, parameterId } from '../support/training.js';

interface NetworkCase {
  readonly name: string;
  readonly file: string;
  readonly input: readonly number[];
  readonly loss: keyof typeof LOSSES;
  readonly value: number;
  /** Of deep networks of families: how far PyTorch itself is from double precision, of each layer's largest. */
  readonly float32Error?: number;
  /** By key; `null` for a parameter that the network never uses. */
  readonly gradients: Readonly<Record<string, StoredGradient | null>>;
  readonly buffers?: Readonly<Record<string, string>>;
}

interface StoredGradient {
  /** The largest magnitude. */
  readonly largest: number;
  /** Of all elements times those of `filled(shape, FACTORS, -1, 1)`. */
  readonly sum: number;
  /** Which elements are stored, if there are any. */
  readonly every?: number;
  readonly elements?: string;
}

/** A network in training mode but for its dropouts, with the weights of its case. */
async function networkOf(file: string): Promise<{ net: Module; low: number; high: number }> {
  const [folder, name] = file.split('/');
  const isDiscriminator = folder === 'discriminators';
  const cases = isDiscriminator ? discriminatorCases : familyCases;
  const one = cases.find((candidate) => candidate.name === name);
  if (one === undefined) throw new Error(`there is no case ${file}`);
  const stateDict = stateDictOf(one);
  const net = isDiscriminator ? buildDiscriminator(one) : await openedNetwork(one);
  if (isDiscriminator) net.loadStateDict(stateDict);
  net.train();
  for (const [, module] of net.namedModules()) if (module instanceof Dropout) module.eval();
  return { net, low: one.low, high: one.high };
}

async function openedNetwork(one: FamilyCase): Promise<Module> {
  const { module } = await openGenerator(encodeStateDict(stateDictOf(one), 'net.pth'), one.options);
  return module;
}

/** Where PyTorch's own float32 gradients are no nearer. */
const MAX_DEEP_ERROR = 1e-4;

const networks = storedGradients<NetworkCase>('networks.json');
const families = storedGradients<NetworkCase>('families.json');

describe.each([
  ['networks in training', 'js', networks],
  ['batches in training', 'wasm', networks.filter(({ input: [pictures] }) => pictures > 1)],
  ['families', 'js', families],
] as const)("gradients of %s on %s are PyTorch's", (_, engine, cases) => {
  it.each(cases.map((one) => [one.name, one] as const))('%s', async (_, one) => {
    const { net, low, high } = await networkOf(one.file);
    const graph = lossGraph(net, one.input, one.loss);
    const keys = Object.keys(one.gradients).filter((key) => one.gradients[key] !== null);
    const g = GraphBuilder.from(graph);
    const by = keys.map((key) => graph.values[idOf(graph, key)]);
    const made = backward(g, graph.values[graph.outputs[0]], by);
    expect(keys.filter((_, i) => made[i] === null)).toEqual([]);
    const loss = graph.values[graph.outputs[0]];
    const gradients = g.finish([loss, ...made.filter((gradient) => gradient !== null)]);
    const program = await compileGraph(gradients, { engine });
    if (engine === 'wasm') expect(program.fallbacks).toEqual([]);
    const [x, seed, target] = graph.inputs.map(({ shape }) => shape);
    const [value, ...found] = await program.runAll([
      filled(x, 1000, low, high),
      Tensor.zeros(seed),
      filled(target, TARGET, one.loss === 'bce' ? 0 : -1, 1),
    ]);
    expect(Math.abs(value.data[0] / one.value - 1)).toBeLessThan(MAX_ERROR);
    for (const [i, key] of keys.entries()) expectGradient(found[i], one, key);
    // What no run writes to stays as it was.
    const state = new Map([...net.stateDict(), ...program.parameters()]);
    for (const [key, elements] of Object.entries(one.buffers ?? {})) {
      const [tensor, expected] = [state.get(key)?.data ?? [], floats(elements)];
      const error = largest(expected.map((number, at) => number - tensor[at]));
      expect(error, key).toBeLessThanOrEqual(MAX_ERROR * largest(expected));
    }
  });

  it('are of each parameter that the network uses', async () => {
    for (const { file, input, loss, gradients } of cases) {
      const { net } = await networkOf(file);
      const used = new Set(lossGraph(net, input, loss).parameters.map(({ key }) => key));
      for (const [key] of net.namedParameters()) {
        expect(used.has(key), `${file} ${key}`).toBe(gradients[key] !== null);
      }
    }
  });
});

it('there is one of every family', () => {
  const files = new Set(families.map(({ file }) => file.split('/')[1]));
  const held = new Set(
    familyCases.filter(({ name }) => files.has(name)).map(({ family }) => family),
  );
  expect(FAMILIES.map(({ name }) => name).filter((name) => !held.has(name))).toEqual([]);
});

function idOf(graph: Graph, key: string): number {
  return key === 'input' ? graph.inputs[0].id : parameterId(graph, key);
}

/** Of a bias in front of a norm, the gradient is zero, and what is left is rounding of the layer's: that of its weight counts. */
function expectGradient(
  found: Tensor,
  { gradients, float32Error = 0 }: NetworkCase,
  key: string,
): void {
  const bound = Math.max(MAX_ERROR, Math.min(MAX_DEEP_ERROR, float32Error));
  const { largest: own = 0, sum = 0, every = 1, elements } = gradients[key] ?? {};
  const layer = Math.max(own, gradients[key.replace(/bias$/, 'weight')]?.largest ?? 0);
  if (elements !== undefined) {
    const expected = floats(elements);
    const picked = found.data.filter((_, at) => at % every === 0);
    expect(picked.length, key).toBe(expected.length);
    const error = largest(picked.map((value, at) => value - expected[at]));
    expect(error / layer, key).toBeLessThan(bound);
  }
  const error = dot(found, filled(found.shape, FACTORS, -1, 1)) - sum;
  // Errors of elements that are independent add up as their root.
  expect(Math.abs(error) / (layer * Math.sqrt(found.size)), key).toBeLessThan(bound);
}
