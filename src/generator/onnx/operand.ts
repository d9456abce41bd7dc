import type { Value } from '../../graph/builder.js';
import type { Parameter } from '../../nn/parameter.js';
import { type Shape, sameShape, sizeOf } from '../../tensor/shape.js';

/** A value of an ONNX graph that no input has a part in: numbers that are known once weights are. */
export class Constant {
  readonly shape: Shape;
  /** The weight that it is, of whichever shape; `null` for what was computed of several, or stands in the graph. */
  readonly parameter: Parameter | null;
  /** The weights that it is, or was computed of. */
  readonly roots: readonly Parameter[];
  /** How many computations of numbers that are not known yet lie in each other. */
  readonly depth: number;
  readonly #numbers: () => ArrayLike<number>;
  #known: ArrayLike<number> | null = null;

  constructor(
    shape: Shape,
    numbers: () => ArrayLike<number>,
    roots: readonly Parameter[] = [],
    parameter: Parameter | null = null,
    depth = 0,
  ) {
    this.shape = shape;
    this.#numbers = numbers;
    this.roots = roots;
    this.parameter = parameter;
    this.depth = depth;
  }

  /** A weight. */
  static ofParameter(parameter: Parameter): Constant {
    const numbers = () => parameter.tensor.data;
    return new Constant(parameter.shape, numbers, [parameter], parameter);
  }

  static of(numbers: ArrayLike<number>, shape: Shape = [numbers.length]): Constant {
    return new Constant(shape, () => numbers);
  }

  /** In row-major order. */
  get numbers(): ArrayLike<number> {
    this.#known ??= this.#numbers();
    return this.#known;
  }

  get size(): number {
    return sizeOf(this.shape);
  }
}

/**
 * A value that depends on the input. Transposing it only changes how its axes are counted, and reshaping it only what it is
 * taken for: most of that is taken back before anything is computed.
 */
export class Computed {
  readonly value: Value;
  /** Which axis of the value each axis of the operand is; `null` where they are the same. */
  readonly axes: readonly number[] | null;
  /** What the elements, in the order of the operand's axes, are taken for; `null` where that is as they are. */
  readonly view: Shape | null;

  constructor(value: Value, axes: readonly number[] | null = null, view: Shape | null = null) {
    this.value = value;
    this.axes = axes?.every((axis, i) => axis === i) ? null : axes;
    this.view = view === null || sameShape(view, this.#ordered()) ? null : view;
  }

  get shape(): Shape {
    return this.view ?? this.#ordered();
  }

  /** Of the value, in the order of the operand's axes. */
  get ordered(): Shape {
    return this.#ordered();
  }

  #ordered(): Shape {
    const { shape } = this.value;
    return this.axes?.map((axis) => shape[axis]) ?? shape;
  }

  /** The same with another value of the same axes. */
  with(value: Value): Computed {
    return new Computed(value, this.axes, this.view);
  }
}

/** Whether each element of a value is above a bound: nothing is computed of it but a choice between two values. */
export class Comparison {
  readonly of: Computed;
  readonly bound: Constant;

  constructor(of: Computed, bound: Constant) {
    this.of = of;
    this.bound = bound;
  }
}

export type Operand = Constant | Computed;
