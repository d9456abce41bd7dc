import { CycleganError } from '../../errors.js';
import type { GraphBuilder, Value } from '../../graph/builder.js';
import type { OnnxNode, OnnxTensor } from '../../pth/onnx/onnxModel.js';
import { reshapeOperator } from '../../tensor/reshape.js';
import { type Shape, sameShape, sizeOf } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import { Comparison, Computed, Constant, type Operand } from './operand.js';
import { permuted } from './permute.js';

/** Makes what a node computes of operators that there are here. */
export type Lowering = (node: Lower) => Operand | Comparison | readonly Operand[];

/** Keeps tensors that are computed of weights, so that a graph that is traced again has the same ones. */
export interface DerivedTensors {
  /** @param key What tells it from all others of the model. */
  tensor(key: string, shape: Shape, source: Constant, numbers: () => ArrayLike<number>): Tensor;
}

/** How many elements constants may still be computed of. */
export interface ConstantRoom {
  left: number;
}

/** A node on its way into a graph: its operands and attributes, and what its lowering needs. */
export class Lower {
  readonly g: GraphBuilder;
  readonly node: OnnxNode;
  /** Version of ONNX's operators. */
  readonly opset: number;
  readonly operands: readonly (Operand | Comparison | null)[];
  readonly room: ConstantRoom;
  readonly #derived: DerivedTensors;

  constructor(
    g: GraphBuilder,
    node: OnnxNode,
    opset: number,
    operands: readonly (Operand | Comparison | null)[],
    derived: DerivedTensors,
    room: ConstantRoom,
  ) {
    this.g = g;
    this.node = node;
    this.opset = opset;
    this.operands = operands;
    this.#derived = derived;
    this.room = room;
  }

  // What a node is given.

  has(index: number): boolean {
    return (this.operands[index] ?? null) !== null;
  }

  operand(index: number): Operand {
    const operand = this.operands[index] ?? null;
    if (operand === null) throw this.refusal(`input ${index} is missing`);
    if (operand instanceof Comparison) throw this.refusal(`input ${index} is a comparison`);
    return operand;
  }

  comparison(index: number): Comparison {
    const operand = this.operands[index] ?? null;
    if (operand instanceof Comparison) return operand;
    throw this.refusal(`input ${index} is no comparison`);
  }

  /** One that depends on the input. */
  computed(index: number): Computed {
    const operand = this.operand(index);
    if (operand instanceof Computed) return operand;
    throw this.refusal(`input ${index} is a constant, in a place where none is known here`);
  }

  constant(index: number): Constant {
    const operand = this.operand(index);
    if (operand instanceof Constant) return operand;
    throw this.refusal(
      `input ${index} depends on the picture, in a place where only constants are known here`,
    );
  }

  optional(index: number): Constant | null {
    return this.has(index) ? this.constant(index) : null;
  }

  /** `[N, C, H, W]` of an operand, in that order. */
  picture(index: number): Value {
    const operand = this.computed(index);
    if (operand.shape.length !== 4) {
      throw this.refusal(
        `its input has shape [${operand.shape.join(', ')}]; pictures, [N, C, H, W], are known here`,
      );
    }
    return this.plain(operand);
  }

  /** The value of an operand, its axes as they are counted. */
  plain(operand: Computed): Value {
    const { value, axes, view, ordered } = operand;
    if (axes !== null && !isSameOrder(value.shape, axes)) {
      throw this.refusal('its input was transposed, and not back');
    }
    const plain = sameShape(ordered, value.shape) ? value : this.reshape(value, ordered);
    return view === null ? plain : this.reshape(plain, view);
  }

  reshape(value: Value, shape: Shape): Value {
    return this.g.apply(reshapeOperator, [value], { shape });
  }

  /** A constant as a leaf of the graph: the weight that it is, or a tensor. @param shape Of as many elements. Default: its own. */
  leaf(constant: Constant, shape: Shape = constant.shape): Value {
    const { parameter } = constant;
    if (parameter !== null) {
      // It stays one, by its name, whatever it is taken for.
      const leaf = this.g.parameter(parameter);
      return sameShape(parameter.shape, shape) ? leaf : this.reshape(leaf, shape);
    }
    return this.derived('', shape, constant, () => constant.numbers);
  }

  /** A tensor that is computed of a constant. @param what Tells it from others of this node. */
  derived(what: string, shape: Shape, source: Constant, numbers: () => ArrayLike<number>): Value {
    const index = this.operands.indexOf(source);
    const key = `${this.node.outputs[0]} ${index} ${what} ${shape.join()}`;
    return this.g.constant(this.#derived.tensor(key, shape, source, numbers));
  }

  /** Numbers that the lowering itself knows. */
  numbers(what: string, values: readonly number[], shape: Shape): Value {
    return this.derived(what, shape, Constant.of(values), () => values);
  }

  /** A constant so that it goes with a value of these axes, which broadcasting counts from the last. */
  broadcast(constant: Constant, like: Computed): Value {
    const rank = like.shape.length;
    if (constant.size === 1) return this.leaf(constant, []);
    const { axes } = like;
    if (constant.shape.length > rank)
      throw this.refusal('a constant of more dimensions than its value has');
    if (axes === null) return this.leaf(constant);
    const sides = [...new Array<number>(rank - constant.shape.length).fill(1), ...constant.shape];
    // Axis `a` of the value is axis `order[a]` of the operand.
    const order = axes.map((_, axis) => axes.indexOf(axis));
    const shape = order.map((axis) => sides[axis]);
    return this.derived(`by ${order.join()}`, shape, constant, () =>
      permuted(constant.numbers, sides, order),
    );
  }

  // Attributes.

  integer(name: string, absent?: number): number {
    const value = this.node.attributes.get(name) ?? absent;
    if (typeof value !== 'number') throw this.refusal(`it has no number "${name}"`);
    return value;
  }

  integers(name: string): readonly number[] | null {
    const value = this.node.attributes.get(name);
    if (value === undefined) return null;
    const list = typeof value === 'object' && Array.isArray(value) ? value : [value];
    if (!list.every((item): item is number => typeof item === 'number')) {
      throw this.refusal(`its "${name}" is no list of numbers`);
    }
    return list;
  }

  text(name: string, absent: string): string {
    const value = this.node.attributes.get(name) ?? absent;
    if (typeof value !== 'string') throw this.refusal(`its "${name}" is no text`);
    return value;
  }

  /** What newer versions have as an input, and older ones as an attribute; `null` where it is neither. */
  list(index: number, name: string): readonly number[] | null {
    if (this.has(index)) return Array.from(this.constant(index).numbers);
    return this.integers(name);
  }

  /** @throws CycleganError `ERR_ONNX` that names the node. */
  refusal(reason: string): CycleganError {
    return refusal(this.node, reason);
  }
}

/** @param cause What was thrown in the words of an operator. */
export function refusal(node: OnnxNode, reason: string, cause?: unknown): CycleganError {
  const { type, name, domain, outputs, origin } = node;
  const which = name === '' ? `the node that makes "${outputs[0] ?? ''}"` : `node "${name}"`;
  if (origin !== undefined) return exportedRefusal(name, origin, reason, cause);
  const operator = domain === '' || domain === 'ai.onnx' ? type : `${domain}.${type}`;
  return new CycleganError(
    'ERR_ONNX',
    `The ONNX model cannot be run: ${which.slice(0, 200)} is ${/^[AEIOU]/.test(operator) ? 'an' : 'a'} ${operator.slice(0, 100)}: ${reason}.`,
    cause === undefined ? undefined : { cause },
  );
}

/** The same for a node of a program of `torch.export`. */
export function exportedRefusal(
  name: string,
  target: string,
  reason: string,
  cause?: unknown,
): CycleganError {
  return new CycleganError(
    'ERR_EXPORTED',
    `The exported program cannot be run: node "${name.slice(0, 100)}" is ${target.slice(0, 100)}: ${reason}.`,
    cause === undefined ? undefined : { cause },
  );
}

/** Whether moving axes moves no element: only sides of 1 change places. */
function isSameOrder(shape: Shape, axes: readonly number[]): boolean {
  const long = axes.filter((axis) => shape[axis] !== 1);
  return long.every((axis, i) => i === 0 || axis > long[i - 1]);
}

/** The numbers of a tensor that stands in a node. */
export function constantOf(tensor: OnnxTensor): Constant | null {
  const { values, shape } = tensor;
  return values === null || values.length !== sizeOf(shape) ? null : Constant.of(values, shape);
}
