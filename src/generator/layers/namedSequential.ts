import type { Module } from '../../nn/module.js';
import { Sequential } from '../../nn/sequential.js';

/**
 * Modules applied one after the other under names of their own, as `nn.Sequential(OrderedDict(…))`: `[N, C, H, W]` as the first
 * takes it → as the last gives it. Those without parameters may have any name that is not taken.
 *
 * @see torch.nn.Sequential
 */
export class NamedSequential extends Sequential {
  constructor(modules: Readonly<Record<string, Module>>) {
    super();
    for (const [name, module] of Object.entries(modules)) this.registerModule(name, module);
  }
}
