import { NLayerDiscriminator } from '../../discriminator/nLayerDiscriminator.js';
import type { DiscriminatorNorm } from '../../discriminator/norm.js';
import { PixelDiscriminator } from '../../discriminator/pixelDiscriminator.js';
import type { Graph, GraphNode } from '../../graph/graph.js';
import type { Module } from '../../nn/module.js';
import { withoutSeeds } from '../../nn/random.js';
import type { Tensor } from '../../tensor/tensor.js';
import { type FeatureSource, rangeScaling } from './featureSource.js';

/** Saved by PyTorch's instance norms of 2018, which did not use them. */
const STATISTICS = /\.(running_mean|running_var|num_batches_tracked)$/;

/**
 * A discriminator of the CycleGAN authors: features are what its last convolution, which answers, is given.
 * @returns `null` where keys and shapes are not those of one that takes pictures of three channels.
 */
export function discriminatorFeatures(
  stateDict: ReadonlyMap<string, Tensor>,
): FeatureSource | null {
  const own = new Map([...stateDict].map(([key, value]) => [key.replace(/^module\./, ''), value]));
  const candidate = patchDiscriminator(own) ?? pixelDiscriminator(own);
  if (candidate === null) return null;
  const { module, description, norm } = candidate;
  const tensors = [...own].filter(([key]) => norm === 'batch' || !STATISTICS.test(key));
  const expected = module.stateDictShapes();
  const fits =
    tensors.length === expected.size &&
    tensors.every(([key, { shape }]) => expected.get(key)?.shape.join() === shape.join());
  if (!fits) return null;
  module.loadStateDict(new Map(tensors));
  return {
    description,
    module: module.eval(),
    scaling: rangeScaling([-1, 1]),
    pick: inputOfLastConvolution,
  };
}

interface Candidate {
  readonly module: Module;
  readonly description: string;
  readonly norm: DiscriminatorNorm;
}

function patchDiscriminator(stateDict: ReadonlyMap<string, Tensor>): Candidate | null {
  const first = stateDict.get('model.0.weight')?.shape;
  if (first?.length !== 4 || first[1] !== 3 || first[2] !== 4) return null;
  const convolutions = [...stateDict.values()].filter(({ shape }) => shape.length === 4);
  if (convolutions.length < 3) return null;
  const nLayers = convolutions.length - 2;
  const norm = normOf(stateDict, 'model.2.bias', 'model.3.weight');
  const module = withoutSeeds(() => new NLayerDiscriminator(3, first[0], nLayers, { norm }));
  return { module, norm, description: `a PatchGAN discriminator of ${nLayers} layers` };
}

function pixelDiscriminator(stateDict: ReadonlyMap<string, Tensor>): Candidate | null {
  const first = stateDict.get('net.0.weight')?.shape;
  if (first?.length !== 4 || first[1] !== 3 || first[2] !== 1) return null;
  const norm = normOf(stateDict, 'net.2.bias', 'net.3.weight');
  const module = withoutSeeds(() => new PixelDiscriminator(3, first[0], { norm }));
  return { module, norm, description: 'a pixel discriminator' };
}

/** Convolutions in front of instance norms have biases; batch norms have weights. */
function normOf(
  stateDict: ReadonlyMap<string, Tensor>,
  bias: string,
  weight: string,
): DiscriminatorNorm {
  if (stateDict.has(bias)) return 'instance';
  return stateDict.get(weight)?.shape.length === 1 ? 'batch' : 'none';
}

function inputOfLastConvolution(graph: Graph): GraphNode {
  const last = graph.nodes.findLast(({ op }) => op === 'conv2d');
  const before = graph.values[last?.operands[0] ?? 0];
  if (before.kind !== 'node') throw new Error('a discriminator of one layer');
  return before;
}
