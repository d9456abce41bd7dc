import type { Shaped } from '../../nn/loadStateDict.js';
import { readGenerator } from '../readGenerator.js';
import type { GeneratorConfig } from './options.js';
import { resNetFamily } from './resNetGenerator.js';

/** What keys and shapes tell of a ResNet generator. */
export type InferredConfig = GeneratorConfig & {
  /** What stands before the generator's own keys, `module.`; empty when nothing does. */
  readonly prefix: string;
};

/**
 * Reads a ResNet generator's configuration off the keys and shapes of its state dict; `openWeights(…).tensors` will do.
 *
 * ```ts
 * const { ngf, nBlocks } = inferConfig((await openWeights('horse2zebra.pth')).tensors);
 * [ngf, nBlocks]; // [24, 6]
 * ```
 *
 * @throws StateDictError when they are not a ResNet generator's.
 */
export function inferConfig(stateDict: ReadonlyMap<string, Shaped>): InferredConfig {
  const { config, prefix } = readGenerator(resNetFamily, stateDict);
  return { ...config, prefix };
}
