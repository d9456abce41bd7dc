import { Dropout } from '../nn/dropout.js';
import { InstanceNorm2d } from '../nn/instanceNorm2d.js';
import type { Shaped } from '../nn/loadStateDict.js';
import type { Module } from '../nn/module.js';
import type { Shape } from '../tensor/shape.js';

const STATISTICS = ['running_mean', 'running_var', 'num_batches_tracked'];

/**
 * PyTorch before 0.4.0 saved running statistics for InstanceNorm2d, though inference never used them. Later they were
 * saved where they are tracked, and used in eval mode; the authors' test script never calls `eval()`.
 *
 * @param network The one that the state dict belongs to.
 * @param notes Receives a sentence where something was left out.
 */
export function withoutUnusedStatistics<T extends Shaped>(
  stateDict: ReadonlyMap<string, T>,
  network: Module,
  notes: string[],
): ReadonlyMap<string, T> {
  const unused = new Set<string>();
  for (const [name, module] of network.namedModules()) {
    if (!(module instanceof InstanceNorm2d)) continue;
    for (const kind of STATISTICS) {
      const key = `${name}.${kind}`;
      const shape = stateDict.get(key)?.shape;
      if (shape !== undefined && isStatistic(shape, kind, module.numFeatures)) unused.add(key);
    }
  }
  if (unused.size === 0) return stateDict;
  const tracked = [...unused].some((key) => key.endsWith('num_batches_tracked'));
  notes.push(
    tracked
      ? `Left out ${unused.size} running statistics of instance norms: the picture's own are used, as in the CycleGAN authors' test script.`
      : `Left out ${unused.size} running statistics that InstanceNorm2d does not use.`,
  );
  const dropout = [...network.namedModules()].some(([, module]) => module instanceof Dropout);
  if (dropout) notes.push(DEBLURGAN_HINT);
  return new Map([...stateDict].filter(([key]) => !unused.has(key)));
}

/** Keys and shapes cannot tell the two apart; dropout and tracked statistics together are what its files have. */
const DEBLURGAN_HINT =
  "DeblurGAN's files look just like this, and its network adds the input to the output, which is not done here: if this is one of them, the picture will be wrong.";

function isStatistic(shape: Shape, kind: string, channels: number): boolean {
  if (kind === 'num_batches_tracked') return shape.every((side) => side === 1) && shape.length < 2;
  return shape.length === 1 && shape[0] === channels;
}
