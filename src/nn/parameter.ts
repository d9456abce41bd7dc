import { type Shape, sameShape, sizeOf } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';

/** What has the elements of parameters for a time, as a program does that trains them. */
export interface ElementHolder {
  /** As they are now; what is written to its array later changes nothing there. */
  tensorOf(parameter: Parameter): Tensor;
}

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
  #holder: ElementHolder | null = null;
  readonly #init: (size: number) => Float32Array;

  constructor(shape: Shape, init: (size: number) => Float32Array) {
    this.shape = [...shape];
    this.#init = init;
  }

  /** One number for all elements, which take no memory before somebody asks for their array: an optimiser has twice the weights. */
  static filled(shape: Shape, value: number): Parameter {
    const parameter = new Parameter(shape, (size) => new Float32Array(size).fill(value));
    parameter.#tensor = new Tensor((to) => {
      to.fill(value);
    }, parameter.shape);
    return parameter;
  }

  get tensor(): Tensor {
    if (this.#holder !== null) return this.#holder.tensorOf(this);
    this.#tensor ??= Tensor.owning(this.#init(sizeOf(this.shape)), this.shape);
    return this.#tensor;
  }

  /**
   * Takes the elements of a tensor, as `copy_` does in PyTorch: what is written to its array later changes nothing here. Those
   * that nobody has asked for, as of a file, are not copied.
   */
  adopt(tensor: Tensor): void {
    this.#holder = null;
    const isSame = sameShape(tensor.shape, this.shape);
    this.#tensor = isSame ? tensor.share() : Tensor.owning(tensor.data.slice(), this.shape);
  }

  /** Lets go of the elements: from now on they are those that `holder` has, until others are adopted. */
  lend(holder: ElementHolder): void {
    this.#holder = holder;
    this.#tensor = null;
  }

  /** What has the elements; `null`: the parameter itself. */
  get holder(): ElementHolder | null {
    return this.#holder;
  }
}
