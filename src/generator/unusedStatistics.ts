import { InstanceNorm2d } from '../nn/instanceNorm2d.js';
import type { Shaped } from '../nn/loadStateDict.js';
import type { Module } from '../nn/module.js';
import type { Shape } from '../tensor/shape.js';

const STATISTICS = ['running_mean', 'running_var', 'num_batches_tracked'];

/**
 * Leaves out running statistics of instance norms that keep none: PyTorch before 0.4.0 saved them, though inference never used
 * them. Later they are saved where they are tracked, and used in eval mode.
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
    if (!(module instanceof InstanceNorm2d) || module.trackRunningStats) continue;
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
  return new Map([...stateDict].filter(([key]) => !unused.has(key)));
}

function isStatistic(shape: Shape, kind: string, channels: number): boolean {
  if (kind === 'num_batches_tracked') return shape.every((side) => side === 1) && shape.length < 2;
  return shape.length === 1 && shape[0] === channels;
}
