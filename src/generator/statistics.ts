import type { Shaped } from '../nn/loadStateDict.js';
import type { Module } from '../nn/module.js';
import { Norm } from '../nn/norm.js';
import type { PictureTraits, TraitOptions } from './family.js';

/** Has the norms of a network use these statistics, as far as they have running ones: the others use the picture's own. */
export function useStatistics(network: Module, statistics: PictureTraits['statistics']): void {
  for (const norm of trackingNorms(network)) norm.ownStatistics = statistics === 'own';
}

/** Whether any norm of a network has running statistics. */
export function tracksStatistics(network: Module): boolean {
  return trackingNorms(network).length > 0;
}

function trackingNorms(network: Module): Norm[] {
  return [...network.namedModules()].flatMap(([, module]) =>
    module instanceof Norm && module.trackRunningStats ? [module] : [],
  );
}

/**
 * Whether the instance norm of this name was tracked in training. Before PyTorch 0.4, all of them had statistics, which were
 * never used, and no counter; of what was saved here, a counter can be missing, too.
 */
export function tracksInstances(
  tensors: ReadonlyMap<string, Shaped>,
  name: string,
  saved: TraitOptions,
): boolean {
  return (
    tensors.has(`${name}.num_batches_tracked`) ||
    (saved.statistics === 'running' && tensors.has(`${name}.running_mean`))
  );
}

/** For files whose instance norms were tracked: between May and October 2018, the CycleGAN authors' were. */
export const OWN_STATISTICS_HINT =
  "Its instance norms use the picture's own statistics, as in the CycleGAN authors' test script; --statistics running (in code: { statistics: 'running' }) uses those of training.";
