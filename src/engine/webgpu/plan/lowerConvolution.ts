import type { GraphNode } from '../../../graph/graph.js';
import { kernelShape } from '../../shared/convolutionKernel.js';
import { NO_BORDER } from '../../shared/fuse/lazyValue.js';
import type { ConvolutionStep } from '../../shared/fuse/steps.js';
import { groupedKernel, groupedWeights } from '../kernels/convolution/grouped.js';
import {
  implicitGemmKernel,
  packedWeights,
  phasePixels,
  phasesOf,
  planImplicitGemm,
} from '../kernels/convolution/implicitGemm.js';
import { partFloats } from '../kernels/convolution/storedParts.js';
import type { Tile } from '../kernels/convolution/tile.js';
import {
  inputTransformKernel,
  outputTransformKernel,
  planWinograd,
  productsKernel,
  weightTransformKernel,
  winogradElements,
} from '../kernels/convolution/winograd.js';
import { F4 } from '../kernels/convolution/winogradMatrices.js';
import { copyKernel } from '../kernels/copy.js';
import type { Target } from '../kernels/maps.js';
import { partsOf, sumsKernel } from '../kernels/statistics.js';
import { type ArenaBuffer, type MadeBuffer, newArenaBuffer } from './buffers.js';
import type { Lowering } from './lowering.js';
import { chooseMethod } from './methods.js';
import { type Source, vectorsOf } from './source.js';
import { channelWeight } from './weights.js';

export function lowerConvolution(
  lowering: Lowering,
  step: ConvolutionStep,
  node: GraphNode | null,
) {
  const source = keptSource(lowering, step, node);
  const to = lowering.target(step.to);
  switch (chooseMethod(step, lowering.options)) {
    case 'grouped':
      lowerGrouped(lowering, step, node, source, to);
      return;
    case 'winograd':
      lowerWinograd(lowering, step, node, source, to);
      return;
    case 'implicitGemm':
      lowerImplicitGemm(lowering, step, node, source, to);
  }
}

function lowerImplicitGemm(
  lowering: Lowering,
  step: ConvolutionStep,
  node: GraphNode | null,
  source: Source,
  to: Target,
) {
  const { format, tileOf } = lowering.options;
  const fixed = { weights: packedWeights(step, format), bias: biasOf(step), to };
  const flops = flopsOf(step);
  const { inChannels, outChannels, kernelHeight, kernelWidth } = kernelShape(step);
  const pixels = phasePixels(step);
  const sizes = [kernelHeight, kernelWidth, inChannels, outChannels, pixels, ...step.inStep];
  const tile = tileOf({
    key: `gemm ${[...sizes, phasesOf(step).length, format].join(' ')}`,
    format,
    outVectors: vectorsOf(outChannels),
    pixels,
    flops,
    kernel: (candidate) => {
      const count = planImplicitGemm(step, candidate).parts;
      const parts = step.sums === null ? null : newParts(count, step);
      return implicitGemmKernel(step, source, { ...fixed, parts }, candidate);
    },
  });
  const parts = partsFor(lowering, step, planImplicitGemm(step, tile).parts);
  lowering.push(implicitGemmKernel(step, source, { ...fixed, parts }, tile), node, flops);
}

function newParts(count: number, { to }: ConvolutionStep): ArenaBuffer {
  return newArenaBuffer(partFloats({ count }, to.channels), 'f32');
}

/** A source that others read, too, is written out first, and read where it was written. */
function keptSource(lowering: Lowering, step: ConvolutionStep, node: GraphNode | null): Source {
  const source = lowering.source(step.source);
  if (step.keep === null) return source;
  const kept = lowering.target(step.keep);
  lowering.push(copyKernel({ ...source, border: NO_BORDER }, null, kept), node);
  return { ...source, buffer: kept.buffer, operations: [] };
}

function biasOf({ bias, to }: ConvolutionStep) {
  return bias === null ? null : channelWeight(bias, to.channels);
}

/** Room for the statistics of what the step stores, if a norm asks for them. */
function partsFor(lowering: Lowering, step: ConvolutionStep, count: number): ArenaBuffer | null {
  if (step.sums === null) return null;
  const buffer = lowering.buffer(partFloats({ count }, step.to.channels));
  lowering.setParts(step.sums, { buffer, count });
  return buffer;
}

function lowerGrouped(
  lowering: Lowering,
  step: ConvolutionStep,
  node: GraphNode | null,
  source: Source,
  to: Target,
) {
  const kernel = groupedKernel(step, source, groupedWeights(step), biasOf(step), to);
  lowering.push(kernel, node, flopsOf(step));
  const count = partsOf(to.height * to.width);
  const parts = partsFor(lowering, step, count);
  if (parts === null) return;
  const stored = { ...to, vectors: vectorsOf(to.channels), operations: [], border: NO_BORDER };
  lowering.push(sumsKernel(stored, { buffer: parts, count }), node);
}

function lowerWinograd(
  lowering: Lowering,
  step: ConvolutionStep,
  node: GraphNode | null,
  source: Source,
  to: Target,
) {
  const plan = planWinograd(to, F4);
  const { tiles, matrices } = plan;
  const [inputs, outputs] = [source.vectors, vectorsOf(to.channels)];
  const products = matrices.elements ** 2;
  const { format, tileOf } = lowering.options;
  const elements = winogradElements(plan, inputs, outputs);
  const u: MadeBuffer = { kind: 'made', format, elements: elements.u };
  const transform = weightTransformKernel(step, plan, packedWeights(step, 'f32'), u);
  lowering.preparation.push({ node, kernel: transform, flops: 0 });
  const v = lowering.buffer(elements.v, format);
  lowering.push(inputTransformKernel(step, source, plan, v), node);
  const m = lowering.buffer(elements.m, format);
  const flops = 2 * products * tiles * inputs * 4 * outputs * 4;
  const kernel = (tile: Tile) => productsKernel(inputs, outputs, plan, v, u, m, tile);
  const key = `products ${[products, tiles, inputs, outputs, format].join(' ')}`;
  const tile = tileOf({ key, format, outVectors: outputs, pixels: tiles, flops, kernel });
  lowering.push(kernel(tile), node, flops);
  const parts = partsFor(lowering, step, plan.parts);
  lowering.push(outputTransformKernel(plan, m, biasOf(step), to, parts), node);
}

function flopsOf(step: ConvolutionStep): number {
  const { inChannels, groups } = kernelShape(step);
  const products = (phases: ConvolutionStep['rows']) =>
    phases.reduce((sum, { count, taps }) => sum + count * taps.length, 0);
  return (2 * products(step.rows) * products(step.cols) * inChannels * step.to.channels) / groups;
}
