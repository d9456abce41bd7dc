import type { GraphBuilder, Value } from '../graph/builder.js';
import { Module } from './module.js';

/**
 * Modules applied one after the other, named `0`, `1`, …
 *
 * ```ts
 * const net = new Sequential(new Conv2d(3, 8, 3, { padding: 1 }), new ReLU());
 * [...net.stateDict().keys()]; // ['0.weight', '0.bias']
 * (await net.forward(Tensor.zeros([1, 3, 4, 4]))).shape; // [1, 8, 4, 4]
 * ```
 *
 * @see torch.nn.Sequential
 */
export class Sequential extends Module {
  constructor(...modules: Module[]) {
    super();
    for (const [index, module] of modules.entries()) this.registerModule(String(index), module);
  }

  /** The module at an index, from the end when negative. */
  at(index: number): Module | undefined {
    return [...this.namedChildren().values()].at(index);
  }

  get length(): number {
    return this.namedChildren().size;
  }

  override trace(g: GraphBuilder, x: Value): Value {
    let y = x;
    for (const module of this.namedChildren().values()) y = g.call(module, y);
    return y;
  }
}
