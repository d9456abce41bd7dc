import { type Shape, sameShape, sizeOf } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';

/**
 * A named tensor of a module: a weight or a buffer. Its initial values are drawn when they are first
 * asked for, so a generator whose weights come from a file never draws any.
 *
 * ```ts
 * Parameter.filled([3], 1).tensor.data; // [1, 1, 1]
 * ```
 */
export class Parameter {
  readonly shape: Shape;
  #tensor: Tensor | null = null;
  readonly #init: (size: number) => Float32Array;

  constructor(shape: Shape, init: (size: number) => Float32Array) {
    this.shape = [...shape];
    this.#init = init;
  }

  static filled(shape: Shape, value: number): Parameter {
    return new Parameter(shape, (size) => new Float32Array(size).fill(value));
  }

  get tensor(): Tensor {
    this.#tensor ??= new Tensor(this.#init(sizeOf(this.shape)), this.shape);
    return this.#tensor;
  }

  /** Takes the tensor as it is, without a copy. */
  adopt(tensor: Tensor): void {
    this.#tensor = sameShape(tensor.shape, this.shape) ? tensor : tensor.reshape(this.shape);
  }
}
