import { CycleganError } from '../../errors.js';
import { type Graph, type GraphNode, weightOf } from '../../graph/graph.js';
import { sameShape } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import { TRAINING_OPERATORS } from '../../tensor/training/operators.js';
import type { CompileOptions, Engine, Program } from '../engine.js';
import { fuse, takesNode, withLayouts } from '../shared/fuse/fuse.js';
import { partition } from '../shared/partition.js';
import { type CompiledPart, PartitionedProgram } from '../shared/partitionedProgram.js';
import { ReferenceProgram } from '../shared/reference.js';
import { selfCheck } from '../shared/selfCheck.js';
import { foldWeightViews } from '../shared/weightViews.js';
import { Device, openDevice } from './device/device.js';
import { NoGpu } from './device/gpu.js';
import { lower } from './plan/lower.js';
import { LIMITS } from './plan/source.js';
import { Resources } from './resources.js';
import { WebgpuProgram } from './webgpuProgram.js';

/** Ways of making kernels, fastest first: the other needs no transforms, and checks the first. */
const VARIANTS = ['winograd', 'direct'] as const;
type VariantName = (typeof VARIANTS)[number];

const TRAINING: ReadonlySet<unknown> = new Set(TRAINING_OPERATORS);

/** Kernels in WGSL, on whatever GPU a page or the package `webgpu` gives. */
export const webgpuEngine: Engine = {
  name: 'webgpu',
  unavailable: async () => {
    const device = await openDevice();
    return device instanceof NoGpu ? device.reason : null;
  },
  isAccelerated: async () => {
    const device = await openDevice();
    return device instanceof Device && !device.isSoftware;
  },
  warmUp: () => {
    void openDevice();
  },
  compile: compileGraph,
};

async function compileGraph(traced: Graph, options: CompileOptions): Promise<Program> {
  const device = await openDevice();
  if (device instanceof NoGpu) {
    throw new CycleganError('ERR_ENGINE_UNAVAILABLE', `No GPU can be used: ${device.reason}.`);
  }
  const graph = withLayouts(foldWeightViews(traced));
  // What only training has is left to the reference, and listed.
  const parts = partition(graph, (node) => !TRAINING.has(node.operator) && takesNode(graph, node));
  const rest = parts.flatMap((part) => ('reference' in part ? [part.reference] : []));
  if (rest.length === parts.length) return new ReferenceProgram(graph, 'webgpu', named(rest));
  const { variant, notes } = await chooseVariant(device, options.variant);
  if (parts.length === 1 && graph.assignments.length === 0) {
    return build(device, graph, variant, notes);
  }
  const compiled: CompiledPart[] = [];
  for (const part of parts) {
    if ('reference' in part) compiled.push(part);
    else {
      const program = await build(device, part.segment.graph, variant, notes);
      compiled.push({ segment: part.segment, program });
    }
  }
  return new PartitionedProgram(graph, 'webgpu', compiled, named(rest));
}

function named(nodes: readonly GraphNode[]): string[] {
  return nodes.map(({ name, op }) => `${name} (${op})`);
}

async function build(
  device: Device,
  graph: Graph,
  variant: VariantName,
  notes: readonly string[],
): Promise<Program> {
  const plan = lower(fuse(graph, LIMITS), { winograd: variant === 'winograd' });
  checkSize(device, graph, plan.arenaBytes);
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

const checks = new WeakMap<Device, Map<VariantName, ReturnType<typeof selfCheck>>>();

/**
 * The fastest variant whose kernels agree with the reference on this device, or the one that was named.
 * @throws CycleganError `ERR_UNKNOWN_VARIANT`; `ERR_ENGINE_UNAVAILABLE` where none agrees.
 */
async function chooseVariant(device: Device, wanted?: string) {
  const notes: string[] = [];
  const candidates = VARIANTS.filter((name) => wanted === undefined || name === wanted);
  if (candidates.length === 0) {
    throw new CycleganError(
      'ERR_UNKNOWN_VARIANT',
      `The engine webgpu has no variant "${wanted}"; it has ${VARIANTS.join(', ')}.`,
    );
  }
  const known = checks.get(device) ?? new Map();
  checks.set(device, known);
  for (const variant of candidates) {
    const checking =
      known.get(variant) ??
      selfCheck((graph) => build(device, withLayouts(graph), variant, []), {
        runs: 1,
        blocking: false,
      });
    known.set(variant, checking);
    // What ended it may not be there the next time.
    checking.catch(() => known.delete(variant));
    const { passed, difference } = await checking;
    if (passed) return { variant, notes: [...notes, `variant ${variant}`] };
    notes.push(`${variant} was off by ${difference} in the self-check and is not used`);
  }
  throw new CycleganError(
    'ERR_ENGINE_UNAVAILABLE',
    `The GPU (${device.name}) computes other numbers than the reference: ${notes.join('; ')}.`,
  );
}
