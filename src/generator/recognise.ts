import type { Shaped } from '../nn/loadStateDict.js';
import { KeyPatterns } from './keyPatterns.js';
import { OTHER_NETWORKS } from './otherNetworks.js';

/**
 * What a state dict of no family looks like, and what to do: `This looks like a U-Net …: …`;
 * `null` when it looks like nothing known.
 */
export function recognise(tensors: ReadonlyMap<string, Shaped>): string | null {
  const keys = new KeyPatterns(tensors);
  const network = OTHER_NETWORKS.find(({ matches }) => matches(keys));
  return network === undefined ? null : `This looks like ${network.name}: ${network.advice}.`;
}
