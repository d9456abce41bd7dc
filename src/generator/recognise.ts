import type { Shaped } from '../nn/loadStateDict.js';
import { KeyPatterns } from './keyPatterns.js';
import type { OtherNetwork } from './otherNetwork.js';
import { NEAR_NETWORKS, OTHER_NETWORKS } from './otherNetworks.js';

/**
 * What a state dict of no family looks like, and what to do: `This looks like a U-Net …: …`;
 * `null` when it looks like nothing known.
 */
export function recognise(tensors: ReadonlyMap<string, Shaped>): string | null {
  return sentenceOn(OTHER_NETWORKS, tensors);
}

/** The same of a state dict that is nearly a family's: only a network that has most of a family's keys can be meant. */
export function recogniseNear(tensors: ReadonlyMap<string, Shaped>): string | null {
  return sentenceOn(NEAR_NETWORKS, tensors);
}

function sentenceOn(
  networks: readonly OtherNetwork[],
  tensors: ReadonlyMap<string, Shaped>,
): string | null {
  const keys = new KeyPatterns(tensors);
  const network = networks.find(({ matches }) => matches(keys));
  return network === undefined ? null : `This looks like ${network.name}: ${network.advice}.`;
}
