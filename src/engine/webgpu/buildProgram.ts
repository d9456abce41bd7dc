import { CycleganError } from '../../errors.js';
import { type Graph, weightOf } from '../../graph/graph.js';
import { sameShape } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import { fuse } from '../shared/fuse/fuse.js';
import type { Device } from './device/device.js';
import { lower } from './plan/lower.js';
import type { PlanOptions } from './plan/options.js';
import { LIMITS } from './plan/source.js';
import { Resources } from './resources.js';
import { WebgpuProgram } from './webgpuProgram.js';

/** How a graph is planned, and who finds out what is not known yet. */
export interface BuildOptions extends PlanOptions {
  /** Called with a first plan made; what it returns says whether another would be better. */
  readonly tune?: () => Promise<boolean>;
}

/**
 * A graph on a device.
 * @throws CycleganError `ERR_TOO_LARGE`.
 */
export async function buildProgram(
  device: Device,
  graph: Graph,
  options: BuildOptions,
  notes: readonly string[],
): Promise<WebgpuProgram> {
  const fused = fuse(graph, LIMITS);
  let plan = lower(fused, options);
  checkSize(device, graph, plan.arenaBytes);
  if ((await options.tune?.()) === true) plan = lower(fused, options);
  const resources = await Resources.make(device, plan, (id) => leafTensor(graph, id));
  return new WebgpuProgram(graph, resources, notes);
}

function leafTensor(graph: Graph, id: number): Tensor {
  const tensor = weightOf(graph, id);
  const { shape } = graph.values[id];
  return sameShape(tensor.shape, shape) ? tensor : tensor.reshape(shape);
}

/** @throws CycleganError `ERR_TOO_LARGE` with the need, what there is, and a size that would fit. */
function checkSize({ gpu, name }: Device, { inputs }: Graph, bytes: number): void {
  const most = Math.min(gpu.limits.maxBufferSize, gpu.limits.maxStorageBufferBindingSize);
  if (bytes <= most) return;
  const [height, width] = (inputs[0]?.shape ?? []).slice(-2);
  const side = Math.floor((Math.sqrt(most / bytes) * Math.min(height, width)) / 64) * 64;
  const megabytes = (count: number) => `${Math.round(count / 2 ** 20)} MB`;
  throw new CycleganError(
    'ERR_TOO_LARGE',
    `A picture of ${width} x ${height} needs ${megabytes(bytes)} in one buffer of the GPU (${name}), which has ${megabytes(most)} at most; --resize ${Math.max(64, side)} would fit, or --engine wasm.`,
  );
}
