import { type Graph, type GraphNode, readerCounts } from '../../../graph/graph.js';
import { resultsOf } from '../program.js';
import {
  type Border,
  hasBorder,
  isMaterialized,
  type LazyCore,
  type LazyValue,
  NO_BORDER,
  type NormFactors,
  type Pointwise,
  type Stored,
  sizeWithBorder,
  storedValue,
} from './lazyValue.js';
import type {
  ConstantNorm,
  ConvolutionStep,
  FusedGraph,
  FusedStep,
  Sums,
  Window,
} from './steps.js';

/** What an engine's steps can do to their sources. */
export interface FuserLimits {
  /** Whether a step can do these to each element that it reads, in order. */
  takesPending(pending: readonly Pointwise[]): boolean;
}

/** Puts one node of the graph into steps. @returns What it makes, of one picture. */
export type FuseRule = (fuser: Fuser, node: GraphNode) => LazyValue;

/** Goes through a graph node by node; the rules (`rules/`) tell it what each operator does. */
export class Fuser {
  readonly #graph: Graph;
  readonly #limits: FuserLimits;
  readonly #steps: FusedStep[] = [];
  readonly #constantNorms: ConstantNorm[] = [];
  readonly #values = new Map<number, LazyValue>();
  /** Which convolution stored a value. */
  readonly #writers = new Map<Stored, ConvolutionStep>();
  /** Cores by what they were made of, so that equal ones are the same. */
  readonly #appended = new Map<LazyCore, [Pointwise, LazyCore][]>();
  readonly #readersLeft: number[];
  #node: GraphNode | null = null;

  constructor(graph: Graph, limits: FuserLimits) {
    this.#graph = graph;
    this.#limits = limits;
    this.#readersLeft = readerCounts(graph);
  }

  run(ruleOf: (node: GraphNode) => FuseRule): FusedGraph {
    const graph = this.#graph;
    for (const [index, { id, shape }] of graph.inputs.entries()) {
      const to = this.store(shape);
      this.#values.set(id, storedValue(to));
      this.push({ kind: 'input', index, to });
    }
    for (const node of graph.nodes) {
      this.#node = node;
      this.#values.set(node.id, ruleOf(node)(this, node));
      for (const id of node.operands) if (id !== null) this.#readersLeft[id]--;
    }
    for (const [index, id] of resultsOf(graph).entries()) {
      const value = this.#values.get(id) as LazyValue;
      const source = hasBorder(value) ? this.materialize(value) : value;
      this.push({ kind: 'output', index, source });
    }
    return { steps: this.#steps, constantNorms: this.#constantNorms };
  }

  /** An operand as it is so far. */
  operand(node: GraphNode, index: number): LazyValue {
    return this.#values.get(node.operands[index] as number) as LazyValue;
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
    const [channels, height, width] = shape.slice(-3);
    return { channels, height, width };
  }

  push(step: DistributiveOmit<FusedStep, 'node'>): void {
    this.#steps.push({ ...step, node: this.#node } as FusedStep);
  }

  /** The value with one more thing to do to each element; what stands in the way is done now. */
  append(value: LazyValue, operation: Pointwise, bound: (before: number) => number): LazyValue {
    const isFree =
      !hasBorder(value) && this.#limits.takesPending([...value.core.pending, operation]);
    const { core } = isFree ? value : this.materialize(value);
    return { core: this.#appendedCore(core, operation, bound(core.bound)), border: NO_BORDER };
  }

  /** The value with a border around it. */
  surround(value: LazyValue, border: Border): LazyValue {
    const { core } = hasBorder(value) ? this.materialize(value) : value;
    return { core, border };
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
    this.push({ kind: 'copy', source: value, window: null, to });
    const stored = storedValue(to, value.core.bound);
    for (const [id, other] of this.#values) if (other === value) this.#values.set(id, stored);
    return stored;
  }

  /** The value for a step that reads it as it is: a sum that others read later, too, is written out now. */
  readable(value: LazyValue): LazyValue {
    const isShared = isSum(value.core) && this.#readersOf(value.core) > 1;
    return isShared ? this.materialize(value) : value;
  }

  /** A part of the value, written out. */
  crop(value: LazyValue, window: Window): LazyValue {
    const source = hasBorder(value) ? this.materialize(value) : value;
    const { core } = source;
    const to = { channels: core.stored.channels, height: window.height, width: window.width };
    this.push({ kind: 'copy', source, window, to });
    return storedValue(to, core.bound);
  }

  /** Partial sums of a materialized value: left by the convolution that stored it, or of a step of their own. */
  sumsOf(value: LazyValue): Sums {
    const { stored } = value.core;
    const sums = { channels: stored.channels };
    const writer = this.#writers.get(stored);
    if (writer !== undefined) {
      writer.sums ??= sums;
      return writer.sums;
    }
    this.push({ kind: 'sums', source: value, sums });
    return sums;
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
    // A sum that others read later, too, is written out by the first to read it, if its rows are this step's rows.
    const isShared = isSum(value.core) && this.#readersOf(value.core) > 1;
    const sameRows =
      to.height === value.core.stored.height && how.inStep[0] === 1 && how.rows.length === 1;
    const keep = isShared && sameRows ? { ...value.core.stored } : null;
    const source = isShared && !sameRows ? this.materialize(value) : value;
    const step: ConvolutionStep = { kind: 'convolution', source, ...how, to, sums: null, keep };
    // The very step, whose sums a later norm asks for.
    const pushed = Object.assign(step, { node: this.#node });
    this.#steps.push(pushed);
    this.#writers.set(to, step);
    if (keep !== null) this.#replace(value.core, keep);
    return storedValue(to);
  }

  /** Readers to come of a value, whatever borders they put around it. */
  #readersOf(core: LazyCore): number {
    let readers = 0;
    for (const [id, value] of this.#values) {
      if (value.core === core) readers += this.#readersLeft[id];
    }
    return readers;
  }

  /** From here on, all read what was written out. */
  #replace(core: LazyCore, stored: Stored): void {
    const kept = storedValue(stored, core.bound).core;
    for (const [id, { core: other, border }] of this.#values) {
      if (other === core) this.#values.set(id, { core: kept, border });
    }
  }

  #appendedCore(core: LazyCore, operation: Pointwise, bound: number): LazyCore {
    const known = this.#appended.get(core) ?? [];
    const same = known.find(([other]) => isSame(other, operation));
    if (same !== undefined) return same[1];
    const made = { stored: core.stored, pending: [...core.pending, operation], bound };
    this.#appended.set(core, [...known, [operation, made]]);
    return made;
  }
}

type DistributiveOmit<T, K extends string> = T extends unknown ? Omit<T, K> : never;

function isSum({ pending }: LazyCore): boolean {
  return pending.some(({ kind }) => kind === 'add' || kind === 'mul');
}

function isSame(a: Pointwise, b: Pointwise): boolean {
  if (a.kind === 'norm') return b.kind === 'norm' && a.factors === b.factors;
  if (a.kind === 'activation') {
    return b.kind === 'activation' && JSON.stringify(a) === JSON.stringify(b);
  }
  return a.kind === b.kind && a.other === b.other;
}
