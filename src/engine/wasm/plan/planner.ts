import { type Graph, type GraphNode, INPUT, isNode, shapeOf } from '../../../graph/graph.js';
import { addOperator } from '../../../tensor/add.js';
import { batchNorm2dOperator } from '../../../tensor/batchNorm2d.js';
import { type Conv2dParams, conv2dOperator } from '../../../tensor/conv2d.js';
import { convTranspose2dOperator } from '../../../tensor/convTranspose2d.js';
import { instanceNorm2dOperator } from '../../../tensor/instanceNorm2d.js';
import {
  convLattice,
  type Lattice,
  latticeMargin,
  transposedLattices,
} from '../../../tensor/lattice.js';
import { leakyReluOperator } from '../../../tensor/leakyRelu.js';
import type { NormParams } from '../../../tensor/normalize.js';
import { reflectionPad2dOperator } from '../../../tensor/reflectionPad2d.js';
import { reluOperator } from '../../../tensor/relu.js';
import type { Shape } from '../../../tensor/shape.js';
import { tanhOperator } from '../../../tensor/tanh.js';
import { NORM_ROWS } from '../kernels/rows.js';
import { TALL_OUTPUTS } from '../kernels/tall.js';
import { type Buffer, newBuffer } from './memory.js';
import {
  hasBorder,
  isPlain,
  isPlainInside,
  type PlannedValue,
  plainValue,
  valueBytes,
} from './value.js';
import { convKernel, type KernelView, transposedKernel } from './weights.js';

/** What a step of the program does, before any machine code is written. */
export type Stage = { readonly node: GraphNode | null } & (
  | { readonly kind: 'import'; readonly value: PlannedValue; readonly planar: Buffer }
  | { readonly kind: 'export'; readonly value: PlannedValue; readonly planar: Buffer }
  | { readonly kind: 'apply'; readonly value: PlannedValue; readonly to: Buffer }
  | { readonly kind: 'sums'; readonly value: PlannedValue; readonly partials: Buffer }
  | {
      readonly kind: 'norm';
      readonly of: SummedStage;
      readonly value: PlannedValue;
      readonly params: NormParams;
      readonly norm: Buffer;
    }
  | ConvStagePlan
);

/** Convolutions by minimal filtering: of stride 1, of stride 2, and transposed ones of stride 2. */
export type FilteredMethod = 'same' | 'halving' | 'doubling';

export interface ConvStagePlan {
  readonly kind: 'conv';
  readonly node: GraphNode | null;
  readonly method: 'direct' | 'narrow' | 'tall' | 'grouped' | FilteredMethod;
  /** Whether kernel columns are laid side by side, since output channels are few. */
  readonly narrow: boolean;
  readonly source: PlannedValue;
  readonly kernel: KernelView;
  /** The layer's own weights, which some methods have machine code transform. */
  readonly params: Pick<Conv2dParams, 'weight' | 'bias'>;
  readonly inStep: readonly [number, number];
  readonly rows: readonly Lattice[];
  readonly cols: readonly Lattice[];
  readonly result: PlannedValue;
  /** Set when a norm reads the result. */
  partials: Buffer | null;
  /** Set when nobody but the network's output reads the result, which this stage then writes as planes. */
  planar: Buffer | null;
  /** Set when others read the source, too, which this stage then writes out. */
  keep: Buffer | null;
}

/** A stage that leaves partial sums. */
type SummedStage = { partials: Buffer | null };

/** Batch norm's numbers, known before the program runs. */
export interface ConstantNorm {
  readonly buffer: Buffer;
  readonly channels: number;
  readonly params: NormParams;
}

export interface Plan {
  readonly stages: readonly Stage[];
  /** Buffers that live for some steps only. */
  readonly buffers: readonly Buffer[];
  readonly constants: readonly ConstantNorm[];
  /** The network's input and output, `[C][H][W]`. */
  readonly input: Buffer;
  readonly output: Buffer;
}

/** Fewest channels and output pixels a side for which minimal filtering pays. */
const FILTERING_CHANNELS = 8;
const FILTERING_SIDE = 4;
/** A group's output channels have to be a multiple of this, the widest panel of any target, and so many channels make it pay. */
const FILTERED_GROUP_PANEL = 16;
const FILTERED_GROUP_CHANNELS = 16;
/** Most output channels for which kernel columns are laid side by side. */
const NARROW_CHANNELS = 4;

/** Fewest rows of a kernel that is filtered along its columns. */
const TALL_KERNEL = 5;

/** Operators that there are kernels for. */
const KNOWN: ReadonlySet<unknown> = new Set([
  addOperator,
  batchNorm2dOperator,
  conv2dOperator,
  convTranspose2dOperator,
  instanceNorm2dOperator,
  leakyReluOperator,
  reflectionPad2dOperator,
  reluOperator,
  tanhOperator,
]);

/** Whether machine code can take a node of this graph. */
export function takesNode(graph: Graph, { operator, shape, inputs }: GraphNode): boolean {
  const shapes = [shape, ...inputs.map((id) => shapeOf(graph, id))];
  return KNOWN.has(operator) && shapes.every(isImageShape);
}

/** Cuts a graph into stages, for one picture of its batch. */
export function plan(graph: Graph): Plan {
  return new Planner(graph).run();
}

class Planner {
  readonly #graph: Graph;
  readonly #stages: Stage[] = [];
  readonly #buffers: Buffer[] = [];
  readonly #constants: ConstantNorm[] = [];
  readonly #values = new Map<number, PlannedValue>();
  /** Which stage wrote a buffer, where that was a convolution. */
  readonly #writers = new Map<Buffer, ConvStagePlan>();
  readonly #readersLeft: number[];
  #node: GraphNode | null = null;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#readersLeft = new Array<number>(graph.nodes.length + 1).fill(0);
    for (const node of graph.nodes) for (const id of node.inputs) this.#readersLeft[id]++;
    this.#readersLeft[graph.output]++;
  }

  run(): Plan {
    const { graph, input } = { graph: this.#graph, input: this.#import() };
    for (const node of graph.nodes) {
      this.#node = node;
      this.#values.set(node.id, this.#planNode(node));
      for (const id of node.inputs) this.#readersLeft[id]--;
    }
    const result = this.#withoutBorder(this.#value(graph.output));
    const planar = this.#buffer(result.planes * result.height * result.width * 4);
    const writer = this.#onlyForOutput(result);
    if (writer === null) this.#push({ kind: 'export', node: this.#node, value: result, planar });
    else writer.planar = planar;
    return {
      stages: withoutIdleImport(this.#stages),
      buffers: this.#buffers,
      constants: this.#constants,
      input,
      output: planar,
    };
  }

  #import(): Buffer {
    const [planes, height, width] = this.#graph.inputShape.slice(-3);
    const planar = this.#buffer(planes * height * width * 4);
    const value = { ...plainValue(this.#buffer(0), planes, height, width), planar };
    value.buffer.bytes = valueBytes(value);
    this.#values.set(INPUT, value);
    this.#push({ kind: 'import', node: null, value, planar });
    return planar;
  }

  #planNode(node: GraphNode): PlannedValue {
    const value = this.#value(node.inputs[0]);
    if (isNode(node, conv2dOperator)) return this.#conv(node, value);
    if (isNode(node, convTranspose2dOperator)) return this.#transposed(node, value);
    if (isNode(node, instanceNorm2dOperator)) return this.#norm(value, node.params);
    if (isNode(node, batchNorm2dOperator)) return this.#constantNorm(value, node.params);
    if (isNode(node, reluOperator)) return this.#activate(value, 'relu');
    if (isNode(node, tanhOperator)) return this.#activate(value, 'tanh');
    if (isNode(node, leakyReluOperator)) {
      return this.#activate(value, { leaky: node.params.negativeSlope });
    }
    if (isNode(node, addOperator)) return this.#add(node);
    if (isNode(node, reflectionPad2dOperator)) {
      const inner = hasBorder(value) ? this.#materialise(value) : value;
      return { ...inner, reflect: node.params.padding };
    }
    throw new Error(`no plan for ${node.op}`);
  }

  #activate(value: PlannedValue, activation: PlannedValue['activation']): PlannedValue {
    const free = value.activation === 'none' && value.residual === null && !hasBorder(value);
    const ready = free ? value : this.#materialise(value);
    return { ...ready, activation, bound: activatedBound(ready.bound, activation) };
  }

  #add(node: GraphNode): PlannedValue {
    const [a, b] = node.inputs.map((id) => this.#value(id));
    // One side may be unfinished, as long as adding comes last; the other has to be in memory.
    const open = (value: PlannedValue) => value.residual === null && !hasBorder(value);
    const [pending, base] = isPlain(a) ? [b, a] : [a, b];
    const left = open(pending) ? pending : this.#materialise(pending);
    const right = isPlain(base) ? base : this.#materialise(base);
    return { ...left, residual: right.buffer, bound: left.bound + right.bound };
  }

  #norm(value: PlannedValue, params: NormParams): PlannedValue {
    if (params.runningMean !== null) return this.#constantNorm(value, params);
    const plain = isPlain(value) ? value : this.#materialise(value);
    const partials = this.#buffer(0);
    const writer = this.#writers.get(plain.buffer);
    let of: SummedStage;
    if (writer !== undefined) {
      writer.partials ??= partials;
      of = writer;
    } else {
      const sums = { kind: 'sums' as const, node: this.#node, value: plain, partials };
      this.#push(sums);
      of = sums;
    }
    const norm = this.#buffer(NORM_ROWS.count * plain.channels * 4);
    this.#push({ kind: 'norm', node: this.#node, of, value: plain, params, norm });
    return { ...plain, norm, bound: normalisedBound(plain, params) };
  }

  #constantNorm(value: PlannedValue, params: NormParams): PlannedValue {
    const free = isPlain(value) ? value : this.#materialise(value);
    const buffer = newBuffer(NORM_ROWS.count * free.channels * 4);
    this.#constants.push({ buffer, channels: free.channels, params });
    return { ...free, norm: buffer, bound: Number.POSITIVE_INFINITY };
  }

  #conv(node: GraphNode<Conv2dParams>, value: PlannedValue): PlannedValue {
    const { params } = node;
    const { stride, padding, dilation } = params;
    const kernel = convKernel(params);
    const [outHeight, outWidth] = node.shape.slice(-2);
    const rows = convLattice(outHeight, kernel.kernelHeight, stride[0], padding[0], dilation[0]);
    const cols = convLattice(outWidth, kernel.kernelWidth, stride[1], padding[1], dilation[1]);
    const filtering = convFiltering(params, kernel, outHeight, outWidth);
    const narrow =
      !isGrouped(params) &&
      kernel.outChannels <= NARROW_CHANNELS &&
      kernel.kernelWidth > 1 &&
      stride[1] === 1 &&
      dilation[1] === 1;
    const tall =
      paysToFilterGroups(kernel) &&
      kernel.kernelHeight >= TALL_KERNEL &&
      outHeight >= TALL_OUTPUTS &&
      stride.every((side) => side === 1) &&
      dilation.every((side) => side === 1);
    const byTheBook = isGrouped(params) ? 'grouped' : narrow ? 'narrow' : 'direct';
    const method = filtering ?? (tall ? 'tall' : byTheBook);
    return this.#convolve(node, value, {
      method,
      narrow,
      kernel,
      params,
      inStep: stride,
      rows: [rows],
      cols: [cols],
    });
  }

  #transposed(
    node: GraphNode<Parameters<typeof transposedKernel>[0]>,
    value: PlannedValue,
  ): PlannedValue {
    const { params } = node;
    const { stride, padding, dilation } = params;
    const kernel = transposedKernel(params);
    const [height, width] = node.shape.slice(-2);
    const rows = transposedLattices(
      height,
      kernel.kernelHeight,
      stride[0],
      padding[0],
      dilation[0],
    );
    const cols = transposedLattices(width, kernel.kernelWidth, stride[1], padding[1], dilation[1]);
    const pays = paysToFilter(kernel, height, width) && paysToFilterGroups(kernel);
    const filters = pays && isDoubling(rows) && isDoubling(cols);
    const method = filters ? 'doubling' : isGrouped(params) ? 'grouped' : 'direct';
    return this.#convolve(node, value, {
      method,
      narrow: false,
      kernel,
      params,
      inStep: [1, 1],
      rows,
      cols,
    });
  }

  #convolve(
    node: GraphNode,
    value: PlannedValue,
    how: Pick<
      ConvStagePlan,
      'method' | 'narrow' | 'kernel' | 'params' | 'inStep' | 'rows' | 'cols'
    >,
  ): PlannedValue {
    const [height, width] = node.shape.slice(-2);
    const result = plainValue(this.#buffer(0), how.kernel.outChannels, height, width);
    result.buffer.bytes = valueBytes(result);
    // A sum that others read later, too, is written out by the first to read it, if its rows are
    // this stage's rows.
    const shared = value.residual !== null && this.#sharedBy(value) > 1;
    const sameRows = height === value.height && how.inStep[0] === 1 && how.rows.length === 1;
    const keep =
      shared && sameRows ? this.#buffer(valueBytes({ ...value, reflect: [0, 0, 0, 0] })) : null;
    const ready = shared && !sameRows ? this.#materialise(value) : value;
    const takesOdd = (how.method === 'direct' || how.method === 'tall') && !how.narrow;
    const isOnlyReader = this.#sharedBy(ready) === 1;
    const source = readsPlanes(ready, takesOdd, isOnlyReader) ? asPlanes(ready, takesOdd) : ready;
    const stage: ConvStagePlan = {
      kind: 'conv',
      node,
      ...how,
      source,
      result,
      partials: null,
      planar: null,
      keep,
    };
    this.#push(stage);
    this.#writers.set(result.buffer, stage);
    if (keep !== null) this.#replace(value, keep);
    return result;
  }

  /** Readers to come of the value, whatever borders they put around it. */
  #sharedBy(value: PlannedValue): number {
    let readers = 0;
    for (const [id, other] of this.#values) {
      if (sameButBorder(other, value)) readers += this.#readersLeft[id];
    }
    return readers;
  }

  /** From here on, everybody reads what was written out. */
  #replace(value: PlannedValue, buffer: Buffer): void {
    for (const [id, other] of this.#values) {
      if (!sameButBorder(other, value)) continue;
      const { planes, height, width, bound } = value;
      const plain = plainValue(buffer, planes, height, width, bound);
      this.#values.set(id, { ...plain, reflect: other.reflect });
    }
  }

  /** The convolution that made a value, if nobody reads it but the network's output, and if it works row by row. */
  #onlyForOutput(value: PlannedValue): ConvStagePlan | null {
    const writer = this.#writers.get(value.buffer);
    if (writer === undefined || !isPlain(value)) return null;
    const byRows = writer.method === 'direct' || writer.method === 'grouped';
    return byRows && !this.#stages.some((stage) => readsBuffer(stage, value.buffer))
      ? writer
      : null;
  }

  #withoutBorder(value: PlannedValue): PlannedValue {
    return hasBorder(value) ? this.#materialise(value) : value;
  }

  /** Writes a value out as it is now. */
  #materialise(value: PlannedValue): PlannedValue {
    if (isPlain(value)) return value;
    const [left, right, top, bottom] = value.reflect;
    const to = this.#buffer(valueBytes(value));
    this.#push({ kind: 'apply', node: this.#node, value, to });
    const plain = plainValue(
      to,
      value.planes,
      value.height + top + bottom,
      value.width + left + right,
      value.bound,
    );
    for (const [id, other] of this.#values) if (other === value) this.#values.set(id, plain);
    return plain;
  }

  #value(id: number): PlannedValue {
    return this.#values.get(id) as PlannedValue;
  }

  #buffer(bytes: number): Buffer {
    const buffer = newBuffer(bytes);
    this.#buffers.push(buffer);
    return buffer;
  }

  #push(stage: Stage): void {
    this.#stages.push(stage);
  }
}

/**
 * Whether a convolution reads the network's input where it lies. Pixels of three channels would have a fourth, of zeros, which is left
 * out where the method takes any number of channels. Besides, whoever is the only one to read it turns it over himself.
 */
function readsPlanes(value: PlannedValue, takesOdd: boolean, isOnlyReader: boolean): boolean {
  if (value.planar === null || !isPlainInside(value)) return false;
  return isOnlyReader || (takesOdd && value.planes % 4 > 0);
}

function asPlanes(value: PlannedValue, takesOdd: boolean): PlannedValue {
  return { ...value, readPlanar: true, channels: takesOdd ? value.planes : value.channels };
}

/** If everybody reads the input as planes, nobody needs it otherwise. */
function withoutIdleImport(stages: readonly Stage[]): readonly Stage[] {
  return stages.filter((stage) => {
    if (stage.kind !== 'import') return true;
    return stages.some((other) => other !== stage && readsBuffer(other, stage.value.buffer));
  });
}

function readsBuffer(stage: Stage, buffer: Buffer): boolean {
  const { value, isRead } =
    stage.kind === 'conv'
      ? { value: stage.source, isRead: !stage.source.readPlanar }
      : { value: stage.value, isRead: true };
  return (isRead && value.buffer === buffer) || value.residual === buffer;
}

/** Of numbers up to `bound`, the largest after the activation. */
function activatedBound(bound: number, activation: PlannedValue['activation']): number {
  if (activation === 'tanh') return 1;
  return typeof activation === 'object' ? bound * Math.max(1, Math.abs(activation.leaky)) : bound;
}

/** None of n numbers is more than √n deviations from their mean. */
function normalisedBound(
  { height, width }: PlannedValue,
  { weight, bias }: Pick<NormParams, 'weight' | 'bias'>,
): number {
  const largest = (tensor: NormParams['weight'], absent: number) =>
    tensor === null ? absent : tensor.data.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  return Math.sqrt(height * width) * largest(weight, 1) + largest(bias, 0);
}

/** Enough channels and pixels for the transforms to cost less than the products that they save. */
function paysToFilter(
  { inChannels, outChannels }: Pick<KernelView, 'inChannels' | 'outChannels'>,
  height: number,
  width: number,
): boolean {
  const channels = Math.min(inChannels, outChannels);
  return channels >= FILTERING_CHANNELS && Math.min(height, width) >= FILTERING_SIDE;
}

/** Several groups are worked out one by one: with zeros between them, a convolution would multiply as often as without groups. */
function isGrouped({ groups }: Pick<Conv2dParams, 'groups'>): boolean {
  return groups > 1;
}

/** Groups, if there are several, have whole panels of channels, and so many that products are worth their transforms. */
function paysToFilterGroups({ groups, inChannels, outChannels }: KernelView): boolean {
  if (groups === 1) return true;
  const [groupIn, groupOut] = [inChannels / groups, outChannels / groups];
  const fits = groupIn % 4 === 0 && groupOut % FILTERED_GROUP_PANEL === 0;
  return fits && Math.min(groupIn, groupOut) >= FILTERED_GROUP_CHANNELS;
}

function convFiltering(
  { stride, dilation }: Conv2dParams,
  kernel: KernelView,
  height: number,
  width: number,
): FilteredMethod | null {
  const taps = [kernel.kernelHeight, kernel.kernelWidth].every((side) => side === 3);
  const dense = dilation.every((side) => side === 1);
  if (!taps || !dense || !paysToFilter(kernel, height, width)) return null;
  if (!paysToFilterGroups(kernel)) return null;
  if (stride.every((side) => side === 1)) return 'same';
  return stride.every((side) => side === 2) ? 'halving' : null;
}

/** Even outputs of the middle tap, odd ones of the outer two, all from the same input on. */
function isDoubling(lattices: readonly Lattice[]): boolean {
  if (lattices.length !== 2) return false;
  const [even, odd] = lattices.map(({ taps }) =>
    taps
      .map(({ kernel, offset }) => `${kernel} at ${offset}`)
      .sort()
      .join(),
  );
  return even === '1 at 0' && odd === '0 at 1,2 at 0';
}

function sameButBorder(a: PlannedValue, b: PlannedValue): boolean {
  return (
    a.buffer === b.buffer &&
    a.norm === b.norm &&
    a.residual === b.residual &&
    JSON.stringify(a.activation) === JSON.stringify(b.activation)
  );
}

/** Zeros that a convolution's lattices read around a side of `size`, before and after. */
export function margins(
  lattices: readonly Lattice[],
  size: number,
): [before: number, after: number] {
  const all = lattices.map((lattice) => latticeMargin(lattice, size));
  return [
    Math.max(0, ...all.map(({ before }) => before)),
    Math.max(0, ...all.map(({ after }) => after)),
  ];
}

/** Shapes that the engine runs: pictures, batched or not. */
function isImageShape(shape: Shape): boolean {
  return shape.length === 3 || shape.length === 4;
}
