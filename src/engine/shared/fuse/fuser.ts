import { type GraphNode, isWeight, readerCounts, shapeOf } from '../../../graph/graph.js';
import { type Shape, sizeOf } from '../../../tensor/shape.js';
import { firstView } from '../weightViews.js';
import { type FlatValue, type FusedValue, flatRole, isFlatValue } from './flatValue.js';
import { isWhole, type LaidOutGraph } from './layouts.js';
import {
  type Border,
  type ChannelOperation,
  hasBorder,
  isMaterialized,
  isResized,
  type LazyCore,
  type LazyValue,
  NO_BORDER,
  type NormFactors,
  type Pointwise,
  type Stored,
  sizeWithBorder,
  storedValue,
} from './lazyValue.js';
import { NormStatistics } from './normStatistics.js';
import { isSame, isSameSize } from './same.js';
import type {
  ConstantNorm,
  ConvolutionStep,
  CopyStep,
  FlatOperation,
  FusedGraph,
  FusedStep,
  StepOfNode,
  Window,
} from './steps.js';

/** What an engine's steps can do to their sources. */
export interface FuserLimits {
  /** Whether a step can do these to each element that it reads, in order. */
  takesPending(pending: readonly Pointwise[]): boolean;
}

/** Puts one node of the graph into steps. @returns What it makes, of one picture. */
export type FuseRule = (fuser: Fuser, node: GraphNode) => FusedValue;

/** Goes through a graph node by node; the rules (`rules/`) tell it what each operator does. */
export class Fuser {
  readonly #graph: LaidOutGraph;
  readonly #limits: FuserLimits;
  readonly #steps: FusedStep[] = [];
  readonly #constantNorms: ConstantNorm[] = [];
  readonly #values = new Map<number, FusedValue>();
  /** Values that were laid out anew: flat ones as pictures, and the other way round. */
  readonly #pictures = new Map<FlatValue, LazyValue>();
  readonly #flattened = new Map<LazyValue, FlatValue>();
  /** What norms go by. */
  readonly statistics = new NormStatistics(this.#steps, (step) => this.push(step));
  readonly #shared = new Map<string, unknown>();
  /** Cores by what they were made of, so that equal ones are the same. */
  readonly #appended = new Map<LazyCore, [Pointwise, LazyCore][]>();
  readonly #readersLeft: number[];
  readonly #termsOfNorms: ReadonlySet<number>;
  #node: GraphNode | null = null;

  constructor(graph: LaidOutGraph, limits: FuserLimits) {
    this.#graph = graph;
    this.#limits = limits;
    this.#readersLeft = readerCounts(graph);
    this.#termsOfNorms = termsOfNorms(graph);
  }

  run(ruleOf: (node: GraphNode) => FuseRule): FusedGraph {
    const graph = this.#graph;
    for (const [index, { id, shape }] of graph.inputs.entries()) this.#input(index, id, shape);
    for (const node of graph.nodes) {
      this.#node = node;
      this.#values.set(node.id, ruleOf(node)(this, node));
      for (const id of node.operands) if (id !== null) this.#readersLeft[id]--;
    }
    for (const [index, id] of graph.outputs.entries()) {
      this.push({ kind: 'output', index, source: this.#result(id) });
    }
    for (const { parameter, value } of graph.assignments) this.#assign(parameter, value);
    return { steps: this.#steps, constantNorms: this.#constantNorms };
  }

  /** An operand as pictures, as it is so far, but for what only a copy can do. */
  operand(node: GraphNode, index: number): LazyValue {
    const value = this.foldedOperand(node, index);
    return value.core.fold === undefined ? value : this.materialize(value);
  }

  /** An operand to which something is appended: as it is so far, perhaps with a border that is yet to be folded. */
  foldedOperand(node: GraphNode, index: number): LazyValue {
    const id = node.operands[index] as number;
    const value = this.#value(id);
    return isFlatValue(value) ? this.#asPictures(value, shapeOf(this.#graph, id)) : value;
  }

  /** All elements of an operand in PyTorch's order, or fewer of one that repeats them. */
  flatOperand(node: GraphNode, index: number): FlatValue {
    const id = node.operands[index] as number;
    const value = this.#value(id);
    return isFlatValue(value) ? value : this.#flatten(value, shapeOf(this.#graph, id));
  }

  /** A flat value that goes with pictures of a shape, repeated to be one. */
  repeated(value: FlatValue, shape: Shape): LazyValue {
    return this.#asPictures(value, shape);
  }

  /** The elements of one picture of a shape, of a flat value with one for each channel. */
  spread(value: FlatValue, shape: Shape): FlatValue {
    return this.#flatten(this.#asPictures(value, shape), shape);
  }

  /** An operand that is stored flat; `null` for pictures, and for one that is absent. */
  flatOrNull(node: GraphNode, index: number): FlatValue | null {
    const id = node.operands[index];
    if (id === null) return null;
    const value = this.#value(id);
    return isFlatValue(value) ? value : null;
  }

  /** Room for a flat value. */
  storeFlat(size: number): FlatValue {
    return { size, weight: null };
  }

  /**
   * Makes each element of a flat value of those of others.
   * @param repeated Of each operand, how many of its elements go with all; 0 where each goes with one.
   */
  compute(
    operation: FlatOperation,
    operands: readonly FlatValue[],
    size: number,
    repeated: readonly number[] = operands.map((operand) => (operand.size < size ? 1 : 0)),
  ): FlatValue {
    const to = this.storeFlat(size);
    this.push({ kind: 'flat', operation, operands, repeated, to });
    return to;
  }

  /** The number of a weight operand, or `null`. */
  weight(node: GraphNode, index: number): number | null {
    return node.operands[index] ?? null;
  }

  weightShape(id: number): readonly number[] {
    return this.#graph.values[id].shape;
  }

  /** Room for a value of that shape, of one picture. */
  store(shape: readonly number[]): Stored {
    if (shape.length === 2) return { channels: shape[1], height: 1, width: 1 };
    const [channels, height, width] = shape.slice(-3);
    return { channels, height, width };
  }

  push(step: StepOfNode): void {
    this.#steps.push({ ...step, node: this.#node } as FusedStep);
  }

  /** The value with one more thing to do to each element; what stands in the way is done now. */
  append(value: LazyValue, operation: Pointwise, bound: (before: number) => number): LazyValue {
    const isFree =
      !hasBorder(value) && this.#limits.takesPending([...value.core.pending, operation]);
    const { core } = isFree ? value : this.materialize(value);
    return { core: this.#appendedCore(core, operation, bound(core.bound)), border: NO_BORDER };
  }

  /**
   * The value with something done to each of its channels: on top of its norm, if that comes last, or as one.
   * @param by A value of one pixel, or a flat one.
   */
  scale(value: LazyValue, operation: ChannelOperation, by: FusedValue, bound: number): LazyValue {
    const stored = isFlatValue(by) ? by : this.materialize(by).core.stored;
    const free = this.withoutBorder(value);
    const { core } = free;
    const to = { channels: core.stored.channels };
    const norm: Pointwise = { kind: 'norm', factors: to };
    const last = core.pending.at(-1);
    if (last?.kind === 'norm') {
      this.push({ kind: 'scale', operation, from: last.factors, by: stored, to });
      const pending = core.pending.with(-1, norm);
      return { core: { stored: core.stored, pending, bound }, border: NO_BORDER };
    }
    this.push({ kind: 'scale', operation, from: null, by: stored, to });
    return this.append(free, norm, () => bound);
  }

  /** The sum or the difference of two norms of one value, as a norm; `null` where they are something else. */
  mergeNorms(
    operation: 'add' | 'sub',
    a: LazyValue,
    b: LazyValue,
    bound: number,
  ): LazyValue | null {
    const isSame = a.core.stored === b.core.stored && !hasBorder(a) && !hasBorder(b);
    const [x, y] = [onlyNorm(a.core), onlyNorm(b.core)];
    if (!isSame || x === null || y === null) return null;
    const to = { channels: a.core.stored.channels };
    this.push({ kind: 'merge', operation, a: x, b: y, to });
    const norm: Pointwise = { kind: 'norm', factors: to };
    return this.append(storedValue(a.core.stored), norm, () => bound);
  }

  /** What the graph says of a node. */
  ask<T>(question: (graph: LaidOutGraph) => T): T {
    return question(this.#graph);
  }

  /** The value with a border around it. */
  surround(value: LazyValue, border: Border): LazyValue {
    const { core } = isResized(value) ? this.materialize(value) : value;
    return hasBorder({ core, border }) ? { core, border } : value;
  }

  /** The value with its outer rows and columns added to those that a border of that kind would repeat there. */
  fold(value: LazyValue, border: Border): LazyValue {
    const { stored } = this.materialize(value).core;
    const bound = Number.POSITIVE_INFINITY;
    const core = { stored, fold: border, pending: [], bound };
    return hasBorder({ core, border }) ? { core, border: NO_BORDER } : storedValue(stored);
  }

  /** The value with its border written out, if it has one. */
  withoutBorder(value: LazyValue): LazyValue {
    return isResized(value) ? this.materialize(value) : value;
  }

  /** Whether something can be appended without a step. */
  isOpen(value: LazyValue, operation: Pointwise): boolean {
    return !hasBorder(value) && this.#limits.takesPending([...value.core.pending, operation]);
  }

  /** Writes a value out as it is now, if it is not written. */
  materialize(value: LazyValue): LazyValue {
    if (isMaterialized(value)) return value;
    const { channels } = value.core.stored;
    const [height, width] = sizeWithBorder(value);
    const to = { channels, height, width };
    const step: CopyStep = { kind: 'copy', source: value, window: null, to, gradientSums: null };
    // The very step, whose sums a norm's gradient asks for later.
    this.statistics.noteCopy(step, this.#steps.length);
    this.#steps.push(Object.assign(step, { node: this.#node }));
    const stored = storedValue(to, value.core.bound);
    for (const [id, other] of this.#values) if (other === value) this.#values.set(id, stored);
    return stored;
  }

  /** The value for a step that reads it as it is: a sum that others read later, too, is written out now. */
  readable(value: LazyValue): LazyValue {
    const isShared = isSum(value.core) && this.#readersOf(value.core) > 1;
    return isShared ? this.materialize(value) : value;
  }

  /** The value for one of several steps that read it: what is pending is done once, if it is not only done for this one. */
  writtenOnce(value: LazyValue): LazyValue {
    return this.#readersOf(value.core) > 1 ? this.materialize(value) : value;
  }

  /** A part of the value, written out. */
  crop(value: LazyValue, window: Window): LazyValue {
    const source = this.withoutBorder(value);
    const { core } = source;
    const to = { channels: core.stored.channels, height: window.height, width: window.width };
    this.push({ kind: 'copy', source, window, to, gradientSums: null });
    return storedValue(to, core.bound);
  }

  /** What several nodes with the same operands have in common, made for the first of them. */
  shared<T>(key: string, make: () => T): T {
    if (!this.#shared.has(key)) this.#shared.set(key, make());
    return this.#shared.get(key) as T;
  }

  /** A norm whose statistics are weights. */
  addConstantNorm(norm: Omit<ConstantNorm, 'to'>, channels: number): NormFactors {
    const to = { channels };
    this.#constantNorms.push({ ...norm, to });
    return to;
  }

  /** A convolution of `value`, with what is pending. */
  convolve(
    value: LazyValue,
    how: Omit<ConvolutionStep, 'kind' | 'source' | 'to' | 'sums' | 'keep'>,
    shape: readonly number[],
  ): LazyValue {
    const to = this.store(shape);
    // A sum that others read later, too, is written out by the first to read it, if its rows are this step's rows. So is a term of a sum
    // to come of which one would have to be written out then.
    const isRead = this.#readersOf(value.core) > 1;
    const isShared = isRead && isSum(value.core);
    const sameRows =
      to.height === value.core.stored.height && how.inStep[0] === 1 && how.rows.length === 1;
    const isKept = isShared || (isRead && this.#isTermOfNorm(value.core));
    const keep = isKept && sameRows ? { ...value.core.stored } : null;
    const source = isShared && !sameRows ? this.materialize(value) : value;
    const step: ConvolutionStep = { kind: 'convolution', source, ...how, to, sums: null, keep };
    // The very step, whose sums a later norm asks for.
    const pushed = Object.assign(step, { node: this.#node });
    this.#steps.push(pushed);
    this.statistics.noteConvolution(step);
    if (keep !== null) this.#replace(value.core, keep);
    return storedValue(to);
  }

  /** Readers to come of a value, whatever borders they put around it. */
  #readersOf(core: LazyCore): number {
    let readers = 0;
    for (const [id, value] of this.#values) {
      if (!isFlatValue(value) && value.core === core) readers += this.#readersLeft[id];
    }
    return readers;
  }

  /** Whether a norm is pending on what a value, on which something is pending, will be added to. */
  #isTermOfNorm(core: LazyCore): boolean {
    if (core.pending.length === 0 || core.fold !== undefined) return false;
    return [...this.#values].some(
      ([id, value]) => this.#termsOfNorms.has(id) && !isFlatValue(value) && value.core === core,
    );
  }

  /** From here on, all read what was written out. */
  #replace(core: LazyCore, stored: Stored): void {
    const kept = storedValue(stored, core.bound).core;
    for (const [id, value] of this.#values) {
      if (isFlatValue(value) || value.core !== core) continue;
      this.#values.set(id, { core: kept, border: value.border });
    }
  }

  #input(index: number, id: number, shape: Shape): void {
    const size = this.#graph.flatSizes[id];
    if (size !== null) {
      const to = this.storeFlat(size);
      this.#values.set(id, to);
      this.push({ kind: 'flatInput', index, to });
      return;
    }
    const to = this.store(shape);
    this.#values.set(id, storedValue(to));
    this.push({ kind: 'input', index, to });
  }

  #value(id: number): FusedValue {
    const known = this.#values.get(id);
    if (known !== undefined || !isWeight(this.#graph, id)) return known as FusedValue;
    const weight = firstView(this.#graph, id);
    const value = this.#values.get(weight) ?? { size: sizeOf(shapeOf(this.#graph, id)), weight };
    for (const of of [weight, id]) this.#values.set(of, value);
    return value;
  }

  /** A flat value as pictures of that shape. */
  #asPictures(value: FlatValue, shape: Shape): LazyValue {
    const to = this.store(shape);
    const known = this.#pictures.get(value);
    if (known !== undefined && isSameSize(known.core.stored, to)) return known;
    const role = flatRole(value.size, shape, shape) ?? 'elements';
    this.push({ kind: 'unflatten', source: value, role, to });
    const stored = storedValue(to);
    this.#pictures.set(value, stored);
    return stored;
  }

  /** All elements of one picture in PyTorch's order. */
  #flatten(value: LazyValue, shape: Shape): FlatValue {
    const known = this.#flattened.get(value);
    if (known !== undefined) return known;
    const source = this.withoutBorder(value);
    const to = this.storeFlat(sizeOf(shape));
    this.push({ kind: 'flatten', source, to });
    this.#flattened.set(value, to);
    return to;
  }

  #assign(parameter: number, id: number): void {
    const value = this.#value(id);
    const shape = shapeOf(this.#graph, id);
    const flat = isFlatValue(value) ? value : this.#flatten(value, shape);
    const size = sizeOf(shape);
    const source = flat.size === size ? flat : this.compute('copy', [flat], size);
    this.push({ kind: 'assign', source, weight: this.#value(parameter) as FlatValue });
  }

  /** A value as it goes out, with all of its elements. */
  #result(id: number): FusedValue {
    const value = this.#value(id);
    if (!isFlatValue(value)) return this.withoutBorder(value);
    const shape = shapeOf(this.#graph, id);
    if (!isWhole(this.#graph, id)) return this.#asPictures(value, shape);
    const size = sizeOf(shape);
    return value.size === size ? value : this.compute('copy', [value], size);
  }

  #appendedCore(core: LazyCore, operation: Pointwise, bound: number): LazyCore {
    const known = this.#appended.get(core) ?? [];
    const same = known.find(([other]) => isSame(other, operation));
    if (same !== undefined) return same[1];
    const made = { ...core, pending: [...core.pending, operation], bound };
    this.#appended.set(core, [...known, [operation, made]]);
    return made;
  }
}

/** The norm that is all that is pending. */
function onlyNorm({ pending: [first, ...others] }: LazyCore): NormFactors | null {
  return first?.kind === 'norm' && others.length === 0 ? first.factors : null;
}

const NORMS = new Set(['instanceNorm2d', 'batchNorm2d', 'groupNorm']);

/** Values that are added to what a norm makes. */
function termsOfNorms({ nodes }: LaidOutGraph): ReadonlySet<number> {
  const norms = new Set(nodes.filter(({ op }) => NORMS.has(op)).map(({ id }) => id));
  const isNorm = (id: number | null) => id !== null && norms.has(id);
  const terms = nodes
    .filter(({ op }) => op === 'add')
    .flatMap(({ operands: [a, b] }) => [isNorm(a) ? b : null, isNorm(b) ? a : null]);
  return new Set(terms.filter((id) => id !== null));
}

/** Gates and gradients of norms read another value, too, but are left to each reader: what they make takes as much memory again. */
function isSum({ pending }: LazyCore): boolean {
  return pending.some(
    ({ kind }) => kind === 'add' || kind === 'sub' || kind === 'subFrom' || kind === 'mul',
  );
}
