import { ShapeError } from '../errors.js';
import { type BinaryLoop, broadcast, broadcastShape } from './broadcast.js';
import { fingerprintOf } from './fingerprint.js';
import { formatShape, type Shape, sizeOf } from './shape.js';

/** Writes all elements of a tensor into `to`, row-major, and each time the same. */
export type ElementSource = (to: Float32Array) => void;

/**
 * A dense float32 array with a shape, row-major as PyTorch's contiguous tensors are: element
 * `[n, c, y, x]` of `[N, C, H, W]` lies at `((n·C + c)·H + y)·W + x`.
 *
 * Arithmetic returns new tensors; `reshape`, `squeeze` and `unsqueeze` share the data.
 *
 * ```ts
 * const x = new Tensor(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
 * x.mul(2).add(1).data; // [3, 5, 7, 9, 11, 13]
 * x.reshape([3, -1]).shape; // [3, 2]
 * ```
 */
export class Tensor {
  declare readonly data: Float32Array;
  readonly shape: Shape;
  /** What the elements come from, until somebody asked for `data`. */
  #source: ElementSource | null = null;

  /**
   * @param data The elements; or where they come from, which is asked when somebody asks for `data`.
   * @throws ShapeError when `data` has not exactly as many elements as `shape` says.
   */
  constructor(data: Float32Array | ElementSource, shape: Shape) {
    if (!shape.every((side) => Number.isInteger(side) && side >= 0)) {
      throw new ShapeError(`A shape holds whole numbers from 0 up, but got ${formatShape(shape)}.`);
    }
    this.shape = Object.freeze([...shape]);
    if (typeof data === 'function') {
      this.#source = data;
      // A property of its own, as that of other tensors: copies and comparisons see it.
      const get = () => this.#fetch(data);
      Object.defineProperty(this, 'data', { get, enumerable: true, configurable: true });
    } else if (data.length === sizeOf(shape)) {
      this.data = data;
    } else {
      throw new ShapeError(
        `Shape ${formatShape(shape)} needs ${sizeOf(shape)} elements, but the data has ${data.length}.`,
      );
    }
  }

  static zeros(shape: Shape): Tensor {
    return new Tensor(new Float32Array(sizeOf(shape)), shape);
  }

  static full(shape: Shape, value: number): Tensor {
    return new Tensor(new Float32Array(sizeOf(shape)).fill(value), shape);
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /**
   * Writes the elements into `to`; those that have yet to be fetched are not kept.
   * @throws ShapeError unless `to` has exactly as many.
   */
  copyInto(to: Float32Array): void {
    if (to.length !== this.size) {
      throw new ShapeError(
        `A tensor of shape ${formatShape(this.shape)} has ${this.size} elements, but the array that it is copied into has ${to.length}.`,
      );
    }
    if (this.#source === null) to.set(this.data);
    else this.#source(to);
  }

  /**
   * A number that changes when elements do, but for one case in 2³²; `null` while the elements are where they come from, and
   * nobody can have written to them. Takes a nanosecond per element.
   */
  fingerprint(): number | null {
    return this.isDeferred ? null : fingerprintOf(this.data);
  }

  /** Whether the elements are where they come from, still: nobody has asked for `data`. */
  get isDeferred(): boolean {
    return this.#source !== null;
  }

  /** The same elements under another shape; one side may be −1 and is then derived. */
  reshape(shape: Shape): Tensor {
    const open = shape.indexOf(-1);
    if (open < 0) return new Tensor(this.data, shape);
    const known = sizeOf(shape.filter((_, axis) => axis !== open));
    const side = known > 0 ? this.size / known : Number.NaN;
    if (!Number.isInteger(side)) {
      throw new ShapeError(`Cannot reshape ${formatShape(this.shape)} to ${formatShape(shape)}.`);
    }
    return new Tensor(this.data, shape.with(open, side));
  }

  /** Without side `dim` if it is 1; without every side of 1 when `dim` is left out. */
  squeeze(dim?: number): Tensor {
    if (dim === undefined) {
      return new Tensor(
        this.data,
        this.shape.filter((side) => side !== 1),
      );
    }
    const at = this.#axis(dim, this.shape.length);
    return this.shape[at] === 1 ? new Tensor(this.data, this.shape.toSpliced(at, 1)) : this;
  }

  /** With a side of 1 inserted at `dim`. */
  unsqueeze(dim: number): Tensor {
    return new Tensor(
      this.data,
      this.shape.toSpliced(this.#axis(dim, this.shape.length + 1), 0, 1),
    );
  }

  /** Element-wise sum with a number or a tensor; sides of 1 go with any, from the last to the first, as in PyTorch. */
  add(other: Tensor | number): Tensor {
    return this.#combine(other, 'add', addInto);
  }

  sub(other: Tensor | number): Tensor {
    return this.#combine(other, 'sub', subInto);
  }

  mul(other: Tensor | number): Tensor {
    return this.#combine(other, 'mul', mulInto);
  }

  /** True division in float32, as PyTorch's `div`. */
  div(other: Tensor | number): Tensor {
    return this.#combine(other, 'div', divInto);
  }

  clone(): Tensor {
    return new Tensor(this.data.slice(), this.shape);
  }

  toString(): string {
    const head = Array.from(this.data.subarray(0, 6), (v) => v.toPrecision(5)).join(', ');
    return `Tensor(${formatShape(this.shape)}: ${head}${this.size > 6 ? ', …' : ''})`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  #fetch(source: ElementSource): Float32Array {
    const value = new Float32Array(this.size);
    source(value);
    Object.defineProperty(this, 'data', { value, enumerable: true });
    this.#source = null;
    return value;
  }

  #axis(dim: number, rank: number): number {
    const axis = dim < 0 ? dim + rank : dim;
    if (!Number.isInteger(axis) || axis < 0 || axis >= rank) {
      throw new ShapeError(
        `Dimension ${dim} is out of range for ${formatShape(this.shape)}: expected ${-rank} to ${rank - 1}.`,
      );
    }
    return axis;
  }

  #combine(other: Tensor | number, op: string, into: BinaryLoop): Tensor {
    if (typeof other !== 'number') {
      const shape = broadcastShape(this.shape, other.shape, op);
      return new Tensor(broadcast(this, other, shape, into), shape);
    }
    const out = new Float32Array(this.size);
    into(this.data, 1, SCALAR.fill(other), 0, out);
    return new Tensor(out, this.shape);
  }
}

/** A scalar is rounded to float32 before it is used, as PyTorch does. */
const SCALAR = new Float32Array(1);

const addInto: BinaryLoop = (a, aStep, b, bStep, out) => {
  for (let i = 0; i < out.length; i++) out[i] = a[i * aStep] + b[i * bStep];
};
const subInto: BinaryLoop = (a, aStep, b, bStep, out) => {
  for (let i = 0; i < out.length; i++) out[i] = a[i * aStep] - b[i * bStep];
};
const mulInto: BinaryLoop = (a, aStep, b, bStep, out) => {
  for (let i = 0; i < out.length; i++) out[i] = a[i * aStep] * b[i * bStep];
};
const divInto: BinaryLoop = (a, aStep, b, bStep, out) => {
  for (let i = 0; i < out.length; i++) out[i] = a[i * aStep] / b[i * bStep];
};
