import type { GraphNode } from '../../../../graph/graph.js';
import { isFlatValue } from '../../../shared/fuse/flatValue.js';
import {
  isMaterialized,
  type LazyValue,
  NO_BORDER,
  type Stored,
} from '../../../shared/fuse/lazyValue.js';
import type {
  ConvolutionStep,
  OutputStep,
  WeightGradientStep,
} from '../../../shared/fuse/steps.js';
import type { Lowering } from '../lowering.js';
import { chooseMethod } from '../methods.js';
import type { Source } from '../source.js';
import { chooseWeightGradient } from '../weightGradient/method.js';

export function lowerConvolution(
  lowering: Lowering,
  step: ConvolutionStep,
  node: GraphNode | null,
): void {
  const method = chooseMethod(step);
  const read =
    sourceOfParts(lowering, step.source) ??
    planarSource(lowering, step.source, method.takesAnyChannels) ??
    lowering.source(step.source);
  const output = method.writesPlanes && step.sums === null ? onlyOutput(lowering, step.to) : null;
  const planar = output === null ? null : lowering.planarOutput(output, step.to);
  const result = lowering.store(step.to);
  const keep = step.keep === null ? null : lowering.store(step.keep);
  const partials = step.sums === null ? null : lowering.buffer(0);
  if (step.sums !== null && partials !== null) lowering.places.set(step.sums, partials);
  lowering.stages.push({
    kind: 'convolution',
    node,
    step,
    method,
    source: read,
    result,
    planar,
    partials,
    keep,
  });
}

/** The output that a value is, if it is nothing else. */
function onlyOutput(lowering: Lowering, stored: Stored): OutputStep | null {
  const [reader, ...others] = lowering.readers.get(stored) ?? [];
  if (reader?.kind !== 'output' || others.length > 0 || isFlatValue(reader.source)) return null;
  return isMaterialized(reader.source) ? reader : null;
}

/** A value as its parts, each with what is pending on all of it. */
function sourceOfParts(lowering: Lowering, value: LazyValue): Source | null {
  const parts = lowering.parts.get(value.core.stored);
  if (parts === undefined) return null;
  const [first, second] = parts.map((part) => {
    const { operations } = lowering.described(value, part.buffer);
    return { ...part, operations: [...part.operations, ...operations] };
  });
  const { buffer, norm, other } = first;
  const whole = { ...lowering.described(value, buffer), operations: [], norm, other };
  return { ...whole, parts: [first, second] };
}

/**
 * An input that is read where it lies, with nothing pending: by a step that is the only one to read it, and turns it over
 * itself; or so that pixels of three channels need no fourth, of zeros, where the method takes any number.
 */
function planarSource(
  lowering: Lowering,
  value: LazyValue,
  takesAnyChannels: boolean,
): Source | null {
  const { stored, pending } = value.core;
  const buffer = lowering.planar.get(stored);
  if (buffer === undefined || pending.length > 0) return null;
  const isOnlyReader = lowering.readers.get(stored)?.length === 1;
  if (!isOnlyReader && !(takesAnyChannels && stored.channels % 4 > 0)) return null;
  const described = lowering.described(value, buffer);
  const channels = takesAnyChannels ? stored.channels : described.channels;
  return { ...described, isPlanar: true, channels };
}

export function lowerWeightGradient(
  lowering: Lowering,
  step: WeightGradientStep,
  node: GraphNode | null,
): void {
  const method = chooseWeightGradient(step);
  const read = [step.source, step.gradient].map((value) => lowering.source(value));
  const [source, gradient] =
    method === 'gemm' ? read.map((value) => asItIs(lowering, value, node)) : read;
  const to = lowering.flat(step.to);
  lowering.stages.push({ kind: 'weightGradient', node, step, method, source, gradient, to });
}

/** A value on which nothing is pending: where it lies, or written out for the next stage alone. */
function asItIs(lowering: Lowering, source: Source, node: GraphNode | null): Source {
  const { border, operations, channels } = source;
  const width = border.left + source.width + border.right;
  const height = border.top + source.height + border.bottom;
  const isFinished = operations.length === 0;
  if (isFinished && width === source.width && height === source.height) return source;
  const to = lowering.buffer(height * width * channels * 4);
  lowering.stages.push({ kind: 'copy', node, source, window: null, to, sums: null });
  const nothing = { operations: [], norm: null, other: null, border: NO_BORDER };
  return { ...source, ...nothing, buffer: to, width, height };
}
