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
    this.#tensor ??= ownedTensor(this.#init(sizeOf(this.shape)), this.shape);
    return this.#tensor;
  }

  /**
   * Takes the elements of a tensor, as `copy_` does in PyTorch: what is written to its array later changes nothing here. One
   * whose elements nobody has asked for is taken as it is.
   */
  adopt(tensor: Tensor): void {
    const isAsItIs = tensor.isDeferred && sameShape(tensor.shape, this.shape);
    this.#tensor = isAsItIs ? tensor : ownedTensor(tensor.data.slice(), this.shape);
  }
}

/**
 * A tensor whose array nobody else has, until somebody asks for `data`. So a module knows of most of its weights that they
 * cannot have been written to, without a look at them.
 */
function ownedTensor(elements: Float32Array, shape: Shape): Tensor {
  return new Tensor((to) => to.set(elements), shape);
}
