import { ShapeError } from '../errors.js';
import { type BinaryLoop, broadcast, broadcastShape } from './broadcast.js';
import { checkShape } from './callerValues.js';
import { describeValue } from './describeValue.js';
import {
  type ElementReader,
  type ElementSource,
  elementSource,
  readerOf,
} from './elementSource.js';
import { fingerprintOf } from './fingerprint.js';
import { formatShape, type Shape, sizeOf } from './shape.js';

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
  /** Is told once somebody asks for `data`. */
  #onData: (() => void) | null = null;
  /** The array behind `#source`, where nobody but tensors has it. */
  #owned: OwnedElements | null = null;

  /**
   * @param data The elements; or where they come from, which is asked when somebody asks for `data`.
   * @throws ShapeError when `data` has not exactly as many elements as `shape` says.
   */
  constructor(data: Float32Array | ElementSource, shape: Shape) {
    checkShape('A shape', shape);
    this.shape = Object.freeze([...shape]);
    if (typeof data === 'function') {
      this.#source = data;
      // A property of its own, as that of other tensors: copies and comparisons see it.
      const get = () => this.#fetch(data);
      Object.defineProperty(this, 'data', { get, enumerable: true, configurable: true });
    } else {
      checkSize(data, shape);
      this.data = data;
    }
  }

  static zeros(shape: Shape): Tensor {
    checkShape('A shape', shape);
    return new Tensor(new Float32Array(sizeOf(shape)), shape);
  }

  static full(shape: Shape, value: number): Tensor {
    checkShape('A shape', shape);
    return new Tensor(new Float32Array(sizeOf(shape)).fill(value), shape);
  }

  /**
   * A tensor over an array that no caller has: until somebody asks for `data`, which hands out that very array, its elements
   * cannot have been written to, and `share` need not copy them.
   *
   * ```ts
   * const weight = Tensor.owning(Float32Array.of(1, 2), [2]);
   * weight.isDeferred; // true
   * weight.data; // [1, 2]
   * ```
   *
   * @throws ShapeError when `elements` has not exactly as many as `shape` says.
   */
  static owning(elements: Float32Array, shape: Shape): Tensor {
    checkSize(elements, shape);
    return Tensor.#over({ elements, holders: 0 }, shape);
  }

  static #over(owned: OwnedElements, shape: Shape): Tensor {
    const tensor = new Tensor(
      elementSource(() => readerOf(owned.elements)),
      shape,
    );
    tensor.#owned = owned;
    owned.holders++;
    return tensor;
  }

  /**
   * A tensor of the same elements that later writes to this one's `data` do not change. They are copied where somebody has
   * this one's array; otherwise once both arrays are asked for.
   */
  share(): Tensor {
    if (this.#owned !== null) return Tensor.#over(this.#owned, this.shape);
    if (this.#source !== null) return new Tensor(this.#source, this.shape);
    return Tensor.owning(this.data.slice(), this.shape);
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

  /** Reads the elements in parts, of which those that have yet to be fetched are not kept. */
  reader(): ElementReader {
    const source = this.#source;
    if (source === null) return readerOf(this.data);
    if (source.begin !== undefined) return source.begin();
    const elements = new Float32Array(this.size);
    source(elements);
    return readerOf(elements);
  }

  /**
   * A number that changes when elements do, but for one case in 2³²; `null` while the elements are where they come from, and
   * nobody can have written to them. Takes a nanosecond per element.
   */
  fingerprint(): number | null {
    return this.isDeferred ? null : fingerprintOf(this.data);
  }

  /** Has a function called once somebody asks for `data`, and may write to it; never, if somebody has already. */
  whenAsked(listener: () => void): this {
    this.#onData = listener;
    return this;
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
    const value = this.#owned === null ? new Float32Array(this.size) : release(this.#owned);
    if (this.#owned === null) source(value);
    this.#owned = null;
    Object.defineProperty(this, 'data', { value, enumerable: true });
    this.#source = null;
    this.#onData?.();
    this.#onData = null;
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
      if (!(other instanceof Tensor)) {
        const got = describeValue(other);
        throw new ShapeError(`${op} takes a Tensor or a number, but got ${got}.`);
      }
      const shape = broadcastShape(this.shape, other.shape, op);
      return new Tensor(broadcast(this, other, shape, into), shape);
    }
    const out = new Float32Array(this.size);
    into(this.data, 1, SCALAR.fill(other), 0, out);
    return new Tensor(out, this.shape);
  }
}

/** An array that tensors share as long as none hands it out. */
interface OwnedElements {
  readonly elements: Float32Array;
  /** Tensors that have not been asked for `data`. */
  holders: number;
}

/** The array itself for its last holder, a copy for others. */
function release(owned: OwnedElements): Float32Array {
  owned.holders--;
  return owned.holders === 0 ? owned.elements : owned.elements.slice();
}

function checkSize(elements: Float32Array, shape: Shape): void {
  if (elements?.length === sizeOf(shape)) return;
  const has = elements?.length ?? describeValue(elements);
  throw new ShapeError(
    `Shape ${formatShape(shape)} needs ${sizeOf(shape)} elements, but the data has ${has}.`,
  );
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
