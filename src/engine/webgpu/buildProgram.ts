import { type Graph, weightOf } from '../../graph/graph.js';
import { sameShape } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import { fuse } from '../shared/fuse/fuse.js';
import type { Device } from './device/device.js';
import { lower } from './plan/lower.js';
import type { PlanOptions } from './plan/options.js';
import type { Plan } from './plan/plan.js';
import { LIMITS } from './plan/source.js';
import { Resources } from './resources.js';
import { checkRoom } from './room.js';
import { WebgpuProgram } from './webgpuProgram.js';

/** How a graph is planned for a device, and who finds out what is not known yet. */
export interface BuildOptions extends PlanOptions {
  /** Called with a first plan made; what it returns says whether another would be better. */
  readonly tune?: () => Promise<boolean>;
  /** What people are told of it. */
  readonly notes?: readonly string[];
}

/** What a program runs, and what people are told of that. */
export interface Planned {
  readonly plan: Plan;
  readonly notes: readonly string[];
}

/**
 * A graph on a device.
 * @param onAnother How the graph is planned for another device, should this one be lost: what one can do, another may not. Without
 * it, the program ends with its device.
 * @throws CycleganError `ERR_TOO_LARGE`.
 */
export async function buildProgram(
  device: Device,
  graph: Graph,
  options: BuildOptions,
  onAnother?: (device: Device) => Promise<BuildOptions>,
): Promise<WebgpuProgram> {
  const fused = fuse(graph, LIMITS);
  const { inputs } = graph;
  const planFor = async (
    { gpu, name }: Device,
    { tune, notes = [], ...how }: BuildOptions,
  ): Promise<Planned> => {
    const options = { ...how, maxBindingBytes: gpu.limits.maxStorageBufferBindingSize };
    const fitting = () => {
      const plan = lower(fused, options);
      checkRoom(plan, inputs[0]?.shape ?? [], gpu.limits, name);
      return plan;
    };
    const plan = fitting();
    const isBetterKnown = (await tune?.()) === true;
    return { plan: isBetterKnown ? fitting() : plan, notes };
  };
  const planAnew =
    onAnother === undefined
      ? null
      : async (another: Device) => planFor(another, await onAnother(another));
  const { plan, notes } = await planFor(device, options);
  const resources = await Resources.make(device, plan, (id) => leafTensor(graph, id));
  return new WebgpuProgram(graph, resources, notes, planAnew);
}

function leafTensor(graph: Graph, id: number): Tensor {
  const tensor = weightOf(graph, id);
  const { shape } = graph.values[id];
  return sameShape(tensor.shape, shape) ? tensor : tensor.reshape(shape);
}
