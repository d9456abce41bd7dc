import type { GraphNode } from '../../../../graph/graph.js';
import { isFlatValue } from '../../../shared/fuse/flatValue.js';
import type { Stored } from '../../../shared/fuse/lazyValue.js';
import type {
  ConcatenateStep,
  CopyStep,
  FlatStep,
  FlatSumStep,
  FlattenStep,
  InputStep,
  OutputStep,
  ReshapeStep,
  SumStep,
  UnflattenStep,
} from '../../../shared/fuse/steps.js';
import { type Lowering, planarBytes } from '../lowering.js';
import type { Source } from '../source.js';
import { placeGradientSums } from './norms.js';

export function lowerInput(lowering: Lowering, { to }: InputStep): void {
  const planar = lowering.buffer(planarBytes(to));
  lowering.planar.set(to, planar);
  lowering.inputs.push(planar);
}

export function lowerFlat(lowering: Lowering, step: FlatStep, node: GraphNode | null): void {
  const operands = step.operands.map((operand) => lowering.flat(operand));
  lowering.stages.push({ kind: 'flat', node, step, operands, to: lowering.flat(step.to) });
}

export function lowerFlatSum(
  lowering: Lowering,
  { source, to: sum }: FlatSumStep,
  node: GraphNode | null,
): void {
  const [from, partials, to] = [lowering.flat(source), lowering.buffer(0), lowering.flat(sum)];
  lowering.stages.push({ kind: 'flatSum', node, from, size: source.size, partials, to });
}

export function lowerFlatten(
  lowering: Lowering,
  { source, to }: FlattenStep,
  node: GraphNode | null,
): void {
  const [read, planar] = [lowering.source(source), lowering.flat(to)];
  lowering.stages.push({ kind: 'export', node, source: read, planar });
}

export function lowerOutput(lowering: Lowering, step: OutputStep, node: GraphNode | null): void {
  // The convolution that made it may have written it already.
  if (lowering.outputs.has(step)) return;
  const { source } = step;
  if (isFlatValue(source)) {
    lowering.outputs.set(step, lowering.flat(source));
    return;
  }
  const planar = lowering.planarOutput(step, source.core.stored);
  lowering.stages.push({ kind: 'export', node, source: lowering.source(source), planar });
}

export function lowerCopy(
  lowering: Lowering,
  { source, window, to, gradientSums }: CopyStep,
  node: GraphNode | null,
): void {
  const read = lowering.source(source);
  const sums = gradientSums === null ? null : placeGradientSums(lowering, gradientSums);
  lowering.stages.push({ kind: 'copy', node, source: read, window, to: lowering.store(to), sums });
}

export function lowerConcatenate(
  lowering: Lowering,
  { sources, to: wide }: ConcatenateStep,
  node: GraphNode | null,
): void {
  const read = sources.map((source) => lowering.source(source));
  const [first, second, ...others] = read;
  const areApart = others.length === 0 && [first, second].every(isPart);
  if (areApart && isReadApart(lowering, wide)) {
    lowering.parts.set(wide, [first, second]);
    return;
  }
  const to = lowering.store(wide);
  let firstChannel = 0;
  for (const source of read) {
    lowering.stages.push({ kind: 'insert', node, source, firstChannel, wide, to });
    firstChannel += source.planes;
  }
}

/** Whether all that reads a value is a convolution, which makes its rows ready part by part. */
function isReadApart(lowering: Lowering, wide: Stored): boolean {
  if (!lowering.readsApart) return false;
  const [reader, ...others] = lowering.readers.get(wide) ?? [];
  if (reader?.kind !== 'convolution' || others.length > 0 || reader.keep !== null) return false;
  const { stored, fold, pending } = reader.source.core;
  const isPointwise = pending.every(({ kind }) => kind === 'activation');
  return stored === wide && fold === undefined && isPointwise;
}

export function lowerSum(
  lowering: Lowering,
  { source: value, isTotal, to: sum }: SumStep,
  node: GraphNode | null,
): void {
  const [source, partials] = [lowering.source(value), lowering.buffer(0)];
  const to = isFlatValue(sum) ? lowering.flat(sum) : lowering.store(sum);
  lowering.stages.push({ kind: 'sum', node, source, isTotal, partials, to });
}

export function lowerUnflatten(
  lowering: Lowering,
  { source, role, to: value }: UnflattenStep,
  node: GraphNode | null,
): void {
  const [from, to] = [lowering.flat(source), lowering.store(value)];
  const fill = { kind: 'fill', node, from, isOne: role === 'one', value, to } as const;
  const isFill = role !== 'elements';
  lowering.stages.push(isFill ? fill : { kind: 'import', node, planar: from, to, value });
}

/** Planes are in the order of elements. */
export function lowerReshape(
  lowering: Lowering,
  { source, to: value }: ReshapeStep,
  node: GraphNode | null,
): void {
  const planar = lowering.buffer(planarBytes(value));
  lowering.stages.push({ kind: 'export', node, source: lowering.source(source), planar });
  lowering.stages.push({ kind: 'import', node, planar, to: lowering.store(value), value });
}

/** Whether a value can be part of another's pixels: whole vectors of channels, without a border. */
function isPart({ planes, border, fold }: Source): boolean {
  const { left, right, top, bottom } = border;
  return planes % 4 === 0 && left + right + top + bottom === 0 && fold === null;
}
