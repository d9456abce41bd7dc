import type { GraphNode } from '../../../graph/graph.js';
import { layOut } from '../../shared/arena.js';
import { isFlatValue } from '../../shared/fuse/flatValue.js';
import { storedValue } from '../../shared/fuse/lazyValue.js';
import type {
  ConvolutionStep,
  FlatOperation,
  FusedGraph,
  FusedStep,
  LinearStep,
  NormStep,
} from '../../shared/fuse/steps.js';
import {
  insertKernel,
  narrowKernel,
  pixelShuffleKernel,
  reshapeKernel,
  softmaxKernel,
} from '../kernels/channels.js';
import { copyKernel } from '../kernels/copy.js';
import { divideKernel, preluKernel } from '../kernels/elementwise.js';
import { flatKernel, type PlainFlatOperation } from '../kernels/flat.js';
import {
  channelStatisticsKernel,
  groupNormKernel,
  mergeKernel,
  normKernel,
  scaleKernel,
} from '../kernels/norms.js';
import { exportKernel, fillKernel, importKernel } from '../kernels/planes.js';
import { adaptivePoolKernel, poolKernel, upsampleKernel } from '../kernels/resampling.js';
import { PART_ROWS, partsOf, sumsKernel } from '../kernels/statistics.js';
import { lowerConvolution } from './lowerConvolution.js';
import { Lowering } from './lowering.js';
import type { PlanOptions } from './options.js';
import type { Plan } from './plan.js';
import { vectorsOf } from './source.js';
import { channelWeight, constantFactors } from './weights.js';

/** Makes kernels of the steps of a fused graph, and gives each value a place in the arena. */
export function lower({ steps, constantNorms }: FusedGraph, options: PlanOptions): Plan {
  const lowering = new Lowering(options);
  for (const norm of constantNorms) lowering.place(norm.to, constantFactors(norm));
  for (const step of steps) lowerStep(lowering, step);
  const { preparation, dispatches, inputs, outputs } = lowering;
  // Inputs are written before the first dispatch, outputs are read after the last.
  for (const buffer of inputs) buffer.first = 0;
  for (const buffer of outputs) buffer.last = dispatches.length;
  // What nothing reads has a place, too.
  for (const buffer of inputs) buffer.last = Math.max(0, buffer.last);
  const arenaBytes = layOut(lowering.buffers, 0);
  return { preparation, dispatches, arenaBytes, inputs, outputs };
}

type Lower<S> = (lowering: Lowering, step: S, node: GraphNode | null) => void;
type Steps = { readonly [K in FusedStep['kind']]?: Lower<Extract<FusedStep, { kind: K }>> };

/** One entry for each kind of step; those that only gradients have are missing. */
const STEPS: Steps = {
  input: (lowering, { to }, node) => {
    const planes = lowering.buffer(to.channels * to.height * to.width);
    lowering.inputs.push(planes);
    lowering.push(importKernel(planes, lowering.target(to)), node);
  },
  flatInput: (lowering, { to }) => {
    lowering.inputs.push(lowering.newFlat(to));
  },
  output: (lowering, { source }, node) => {
    if (isFlatValue(source)) {
      const copy = lowering.buffer(source.size);
      lowering.push(flatKernel('copy', [lowering.flat(source)], [false], source.size, copy), node);
      lowering.outputs.push(copy);
      return;
    }
    const { channels, height, width } = source.core.stored;
    const planes = lowering.buffer(channels * height * width);
    lowering.push(exportKernel(lowering.source(source), planes), node);
    lowering.outputs.push(planes);
  },
  flatten: (lowering, { source, to }, node) => {
    lowering.push(exportKernel(lowering.source(source), lowering.newFlat(to)), node);
  },
  unflatten: (lowering, { source, role, to }, node) => {
    const [from, target] = [lowering.flat(source), lowering.target(to)];
    const isFill = role !== 'elements';
    lowering.push(
      isFill ? fillKernel(from, role === 'one', target) : importKernel(from, target),
      node,
    );
  },
  flat: (lowering, { operation, operands, repeated, to }, node) => {
    const buffers = operands.map((operand) => lowering.flat(operand));
    const isRepeated = repeated.map((count) => count > 0);
    const kernel = flatKernel(plain(operation), buffers, isRepeated, to.size, lowering.newFlat(to));
    lowering.push(kernel, node);
  },
  copy: (lowering, { source, window, to }, node) => {
    lowering.push(copyKernel(lowering.source(source), window, lowering.target(to)), node);
  },
  concatenate: (lowering, { sources, to }, node) => {
    let firstChannel = 0;
    for (const value of sources) {
      const source = lowering.source(value);
      lowering.push(insertKernel(source, firstChannel, lowering.target(to)), node);
      firstChannel += source.channels;
    }
  },
  narrow: (lowering, { source, firstChannel, to }, node) => {
    lowering.push(narrowKernel(lowering.source(source), firstChannel, lowering.target(to)), node);
  },
  softmax: (lowering, { source, to }, node) => {
    lowering.push(softmaxKernel(lowering.source(source), lowering.target(to)), node);
  },
  pixelShuffle: (lowering, { source, factor, to }, node) => {
    lowering.push(pixelShuffleKernel(lowering.source(source), factor, lowering.target(to)), node);
  },
  reshape: (lowering, { source, to }, node) => {
    lowering.push(reshapeKernel(lowering.source(source), lowering.target(to)), node);
  },
  prelu: (lowering, { source, weight, to }, node) => {
    const slopes = channelWeight(weight, to.channels);
    lowering.push(preluKernel(lowering.source(source), slopes, lowering.target(to)), node);
  },
  linear: (lowering, step, node) => lowerConvolution(lowering, asConvolution(step), node),
  divide: (lowering, { source, divisor, to }, node) => {
    const [by, target] = [lowering.target(divisor), lowering.target(to)];
    lowering.push(divideKernel(lowering.source(source), by, target), node);
  },
  upsample: (lowering, step, node) => {
    const [source, to] = [lowering.source(step.source), lowering.target(step.to)];
    lowering.push(upsampleKernel(step, source, to), node);
  },
  pool: (lowering, step, node) => {
    const [source, to] = [lowering.source(step.source), lowering.target(step.to)];
    lowering.push(poolKernel(step, source, to), node);
  },
  adaptivePool: (lowering, step, node) => {
    const [source, to] = [lowering.source(step.source), lowering.target(step.to)];
    lowering.push(adaptivePoolKernel(step, source, to), node);
  },
  sums: (lowering, { source: value, sums }, node) => {
    const source = lowering.source(value);
    const count = partsOf(source.height * source.width);
    const buffer = lowering.buffer(count * PART_ROWS.number * source.vectors * 4);
    lowering.setParts(sums, { buffer, count });
    lowering.push(sumsKernel(source, { buffer, count }), node);
  },
  norm: lowerNorm,
  scale: (lowering, { operation, from, by, to }, node) => {
    const size = isFlatValue(by) ? by.size : by.channels;
    const numbers = isFlatValue(by) ? lowering.flat(by) : lowering.pixels(by);
    const before = from === null ? null : lowering.factors(from);
    const isOne = size === 1;
    const factors = lowering.newFactors(to);
    lowering.push(scaleKernel(to.channels, operation, before, numbers, isOne, factors), node);
  },
  merge: (lowering, { operation, a, b, to }, node) => {
    const [first, second] = [lowering.factors(a), lowering.factors(b)];
    const factors = lowering.newFactors(to);
    lowering.push(mergeKernel(to.channels, operation, first, second, factors), node);
  },
  convolution: lowerConvolution,
};

function lowerStep(lowering: Lowering, step: FusedStep): void {
  const lowerKind = STEPS[step.kind] as Lower<FusedStep> | undefined;
  if (lowerKind === undefined) throw new Error(`there is no kernel for ${step.kind}`);
  lowerKind(lowering, step, step.node);
}

function lowerNorm(lowering: Lowering, step: NormStep, node: GraphNode | null): void {
  const { channels } = step.sums;
  const parts = lowering.parts(step.sums);
  const affine = {
    weight: step.weight === null ? null : channelWeight(step.weight, channels),
    bias: step.bias === null ? null : channelWeight(step.bias, channels),
  };
  if (step.perGroup === 1) {
    lowering.push(normKernel(channels, parts, step, affine, lowering.newFactors(step.to)), node);
    return;
  }
  const statistics = lowering.buffer(PART_ROWS.number * vectorsOf(channels) * 4);
  lowering.push(channelStatisticsKernel(channels, parts, statistics), node);
  const factors = lowering.newFactors(step.to);
  lowering.push(groupNormKernel(channels, statistics, step, affine, factors), node);
}

/** A linear layer is a convolution of one pixel. */
function asConvolution({ source, weight, bias, to }: LinearStep): ConvolutionStep {
  const axis = { count: 1, inStep: 1, outStart: 0, outStep: 1, taps: [{ kernel: 0, offset: 0 }] };
  return {
    kind: 'convolution',
    source: storedValue(source.core.stored, source.core.bound),
    isTransposed: false,
    isAdjoint: false,
    weight,
    weightShape: [to.channels, source.core.stored.channels, 1, 1],
    bias,
    stride: [1, 1],
    dilation: [1, 1],
    groups: 1,
    inStep: [1, 1],
    rows: [axis],
    cols: [axis],
    to,
    sums: null,
    keep: null,
  };
}

function plain(operation: FlatOperation): PlainFlatOperation {
  if (operation === 'sgdUpdate') throw new Error('there is no kernel for steps of optimisers');
  return operation as PlainFlatOperation;
}
