import { ShapeError } from '../../../errors.js';
import { graphOf } from '../../../graph/builder.js';
import {
  type ConstantLeaf,
  type Graph,
  type GraphNode,
  type InputLeaf,
  type Leaf,
  presentOperands,
} from '../../../graph/graph.js';
import { addOperator } from '../../../tensor/add.js';
import type { Operator } from '../../../tensor/operator.js';
import { reshapeOperator } from '../../../tensor/reshape.js';
import { type Shape, sameShape, sizeOf } from '../../../tensor/shape.js';
import { Tensor } from '../../../tensor/tensor.js';
import { SPLIT_RULES } from './rules/index.js';
import {
  eitherValue,
  isBatch,
  picturesValue,
  type SplitValue,
  shapeOfOne,
  Unsplittable,
  wholeValue,
} from './splitValue.js';

const RULES = new Map(SPLIT_RULES.map((rule) => [rule.operator, rule] as const));
const ADD = addOperator as unknown as Operator;
const RESHAPE = reshapeOperator as unknown as Operator;

type Operands = readonly (number | null)[];

/** Makes a graph of single pictures, node by node: the nodes of a batch's pictures come one after the other. */
export class GraphSplitter {
  readonly #graph: Graph;
  readonly #made: (Leaf | GraphNode)[] = [];
  readonly #values = new Map<number, SplitValue>();
  /** Lengths of batches. */
  readonly #batches: ReadonlySet<number>;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#batches = new Set(graph.inputs.filter(isSplitInput).map(({ shape }) => shape[0]));
  }

  /** @throws Unsplittable */
  run(): Graph {
    const { values, outputs, assignments } = this.#graph;
    for (const value of values) {
      this.#values.set(value.id, value.kind === 'node' ? this.#node(value) : this.#leaf(value));
    }
    const results = outputs.flatMap((id) => {
      const value = this.value(id);
      return this.isApart(id) ? this.picturesOf(value) : [value.whole()];
    });
    const written = assignments.map(({ parameter, value }) => ({
      parameter: this.value(parameter).whole(),
      value: this.value(value).whole(),
    }));
    return graphOf(this.#made, results, written);
  }

  /** Whether pictures of a value are computed, or can be, for somebody who takes them as well as the whole. */
  isApart(id: number): boolean {
    const { kind, shape } = this.value(id);
    const isConstant = this.#graph.values[id].kind === 'constant';
    const isOfBatch = isBatch(shape) && this.#batches.has(shape[0]);
    return kind === 'pictures' || (kind === 'either' && isOfBatch && !isConstant);
  }

  value(id: number): SplitValue {
    return this.#values.get(id) as SplitValue;
  }

  /** Of an operand that is there. */
  operand(node: GraphNode, index: number): SplitValue {
    return this.value(node.operands[index] as number);
  }

  /** Numbers of all pictures. @throws Unsplittable */
  picturesOf(value: SplitValue): number[] {
    const count = isBatch(value.shape) ? value.shape[0] : 1;
    return Array.from({ length: count }, (_, n) => value.picture(n));
  }

  /** A node like another. @returns Its number. */
  add(
    { name, operator }: Pick<GraphNode, 'name' | 'operator'>,
    operands: Operands,
    attributes: unknown,
  ): number {
    const shape = this.#shapeOf(operator, operands, attributes);
    if (shape === null) throw new Unsplittable();
    const id = this.#made.length;
    const { op } = operator;
    const node = { kind: 'node', id, op, operator, operands, attributes, shape, name } as const;
    this.#made.push(node);
    return id;
  }

  /** Values one after the other added up: in that order always, so that the sum is the same to the last bit. */
  sum({ name }: GraphNode, parts: readonly number[]): number {
    return parts.reduce((sum, part) => this.add({ name, operator: ADD }, [sum, part], {}));
  }

  #leaf(leaf: Leaf): SplitValue {
    const { kind, shape } = leaf;
    if (kind === 'input' && isSplitInput(leaf)) {
      const pictures = Array.from({ length: shape[0] }, (_, n) =>
        this.#addLeaf({ ...leaf, name: `${leaf.name}.${n}`, shape: shapeOfOne(shape) }),
      );
      return picturesValue(shape, pictures);
    }
    const id = this.#addLeaf(leaf);
    if (kind !== 'constant' || !isBatch(shape)) return wholeValue(shape, id);
    const picture = (n: number) => this.#addLeaf(pictureOfConstant(leaf, n));
    return eitherValue(shape, { whole: () => id, picture });
  }

  #addLeaf(leaf: Leaf): number {
    const id = this.#made.length;
    this.#made.push({ ...leaf, id });
    return id;
  }

  #node(node: GraphNode): SplitValue {
    const operands = presentOperands(node).map((id) => this.value(id));
    const picture = (n: number) => this.#addPicture(node, n);
    if (presentOperands(node).some((id) => this.isApart(id))) {
      const joined = RULES.get(node.operator)?.join?.(this, node) ?? null;
      if (joined !== null) return joined;
    }
    if (operands.some(({ kind }) => kind === 'pictures')) {
      const pictures = Array.from({ length: node.shape[0] }, (_, n) => picture(n));
      return picturesValue(node.shape, pictures);
    }
    const whole = () => {
      const all = node.operands.map((id) => (id === null ? null : this.value(id).whole()));
      return this.add(node, all, node.attributes);
    };
    const isEither = operands.every(({ kind, shape }) => kind === 'either' || !isBatch(shape));
    return isBatch(node.shape) && isEither
      ? eitherValue(node.shape, { whole, picture })
      : wholeValue(node.shape, whole());
  }

  /** The node of one picture. */
  #addPicture(node: GraphNode, n: number): number {
    const { attributesOf = () => node.attributes } = RULES.get(node.operator) ?? {};
    const attributes = attributesOf(node, n);
    const shape = shapeOfOne(node.shape);
    // A constant may be a weight, or go with a batch picture by picture: the result's shape tells.
    for (const areConstantsWhole of [true, false]) {
      const operands = node.operands.map((id) =>
        id === null ? null : this.#operandOfPicture(node, id, n, areConstantsWhole),
      );
      const made = attributes === null ? null : this.#shapeOf(node.operator, operands, attributes);
      if (made !== null && sameShape(made, shape)) return this.add(node, operands, attributes);
    }
    throw new Unsplittable();
  }

  #operandOfPicture(
    { shape, operator }: GraphNode,
    id: number,
    n: number,
    areConstantsWhole: boolean,
  ): number {
    const value = this.value(id);
    const { kind } = this.#graph.values[id];
    if (value.kind === 'whole' || (areConstantsWhole && kind === 'constant')) return value.whole();
    // Batches of other lengths, or that go along another axis.
    const isAligned = value.shape.length === shape.length || operator === RESHAPE;
    if (value.shape[0] !== shape[0] || !isAligned) throw new Unsplittable();
    return value.picture(n);
  }

  /** `null` for operands that an operator does not take. */
  #shapeOf(operator: Operator, operands: Operands, attributes: unknown): number[] | null {
    const shapes = operands.map((id) => (id === null ? null : this.#made[id].shape));
    try {
      return operator.outputShape(shapes as readonly Shape[], attributes);
    } catch (error) {
      if (error instanceof ShapeError) return null;
      throw error;
    }
  }
}

/** Whether an input is a batch of pictures. */
export function isSplitInput({ isFlat, shape }: InputLeaf): boolean {
  return isFlat !== true && isBatch(shape);
}

function pictureOfConstant(leaf: ConstantLeaf, n: number): ConstantLeaf {
  const shape = shapeOfOne(leaf.shape);
  const size = sizeOf(shape);
  const tensor = new Tensor(leaf.tensor.data.subarray(n * size, (n + 1) * size), shape);
  return { ...leaf, shape, tensor };
}
