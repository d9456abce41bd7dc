import { type Buffer, newBuffer } from '../../shared/arena.js';
import type { FusedGraph } from '../../shared/fuse/steps.js';
import { NORM_ROWS } from '../kernels/rows/operations.js';
import { planCommit } from './commit.js';
import { lowerStep } from './lower/index.js';
import { Lowering } from './lowering.js';
import { paddedChannels } from './source.js';
import type { Plan } from './stages.js';

export interface LoweringOptions {
  /**
   * Whether a convolution may read two values whose channels are one behind the other where they lie. What goes through large values row
   * by row reads one. Default: true.
   */
  readonly readsApart?: boolean;
}

/** Chooses methods for the steps of a fused graph, and gives each value a buffer. */
export function lower(
  { steps, constantNorms }: FusedGraph,
  { readsApart = true }: LoweringOptions = {},
): Plan {
  const lowering = new Lowering(steps, readsApart);
  const constants = constantNorms.map((norm) => {
    const channels = paddedChannels(norm.to.channels);
    const buffer = newBuffer(NORM_ROWS.count * channels * 4);
    lowering.places.set(norm.to, buffer);
    return { buffer, channels, norm };
  });
  const commit = planCommit(steps);
  for (const [value, weight] of commit.inPlace) {
    lowering.places.set(value, lowering.flat(weight));
  }
  for (const step of steps) if (!commit.steps.has(step)) lowerStep(lowering, step.kind, step);
  for (const step of commit.kept) lowerStep(lowering, step.kind, step);
  const stages = [...lowering.imports, ...lowering.stages.splice(0)];
  for (const step of [...commit.steps, ...commit.copies]) lowerStep(lowering, step.kind, step);
  return {
    stages,
    commit: lowering.stages,
    buffers: lowering.buffers,
    constantNorms: constants,
    flatWeights: lowering.flatWeights,
    inputs: lowering.inputs,
    outputs: steps.flatMap((step) =>
      step.kind === 'output' ? [lowering.outputs.get(step) as Buffer] : [],
    ),
  };
}
