import type { ModuleWriter } from '../../../emit/module.js';
import type { Target } from '../kernels/target.js';
import type { Assembly, WeightFacts } from './assembly.js';
import type { Machine } from './convolution/common.js';
import { layOutProgram } from './programLayout.js';
import type { Plan } from './stages.js';
import { StageWriter } from './stageWriter.js';
import { writeStage } from './write/index.js';
import { writeConstantNorm } from './write/norms.js';

/**
 * Writes all kernels of a plan into `module` and gives everything an address.
 * @param breathe Called between stages, which take some milliseconds each.
 */
export async function assemble(
  plan: Plan,
  weights: WeightFacts,
  module: ModuleWriter,
  target: Target,
  machine: Machine,
  breathe: () => Promise<void>,
): Promise<Assembly> {
  const writer = new StageWriter(module, target, machine, weights);
  writer.isOverlaid = plan.isOverlaid ?? false;
  for (const [weight, buffer] of plan.flatWeights) writer.addFlatWeight(weight, buffer);
  for (const norm of plan.constantNorms) writeConstantNorm(writer, norm);
  const ends: number[] = [];
  for (const stage of plan.stages) {
    writeStage(writer, stage.kind, stage);
    ends.push(writer.steps.length);
    await breathe();
  }
  const commit = writer.steps.length;
  for (const stage of plan.commit) writeStage(writer, stage.kind, stage);
  return { ...layOutProgram(plan, writer, module, machine, ends), commit };
}
