import { CycleganError } from '../../errors.js';
import type { Graph, GraphNode } from '../../graph/graph.js';
import { TRAINING_OPERATORS } from '../../tensor/training/operators.js';
import type { CompileOptions, Engine, Program } from '../engine.js';
import { takesNode, withLayouts } from '../shared/fuse/fuse.js';
import { partition } from '../shared/partition.js';
import { type CompiledPart, PartitionedProgram } from '../shared/partitionedProgram.js';
import { ReferenceProgram } from '../shared/reference.js';
import { foldWeightViews } from '../shared/weightViews.js';
import { type BuildOptions, buildProgram } from './buildProgram.js';
import { Device, deviceLost, openDevice } from './device/device.js';
import { NoGpu } from './device/gpu.js';
import { buildHalf } from './halfPrecision.js';
import type { Format } from './plan/buffers.js';
import { measureDevicePeak } from './tuning/peak.js';
import { Tuner } from './tuning/tuner.js';
import { chooseVariant } from './variants.js';

const TRAINING: ReadonlySet<unknown> = new Set(TRAINING_OPERATORS);

/** Kernels in WGSL, on whatever GPU a page or the package `webgpu` gives. */
export const webgpuEngine: Engine = {
  name: 'webgpu',
  precisions: ['f32', 'f16'],
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
  peak: async ({ threads = 1 }) => measureDevicePeak(await deviceOrThrow(), threads),
};

async function deviceOrThrow(): Promise<Device> {
  const device = await openDevice();
  if (device instanceof Device) return device;
  throw new CycleganError('ERR_ENGINE_UNAVAILABLE', `No GPU can be used: ${device.reason}.`);
}

/** A device that is lost meanwhile is opened anew, once. */
async function compileGraph(traced: Graph, options: CompileOptions): Promise<Program> {
  const device = await deviceOrThrow();
  try {
    return await compileOn(device, traced, options);
  } catch (error) {
    if (!(await device.isLost())) throw error;
  }
  const another = await deviceOrThrow();
  try {
    return await compileOn(another, traced, options);
  } catch (error) {
    throw (await another.isLost()) ? deviceLost(another) : error;
  }
}

async function compileOn(device: Device, traced: Graph, options: CompileOptions): Promise<Program> {
  const format = options.precision ?? 'f32';
  checkFormat(device, format);
  const graph = withLayouts(foldWeightViews(traced));
  // What only training has is left to the reference, and listed.
  const parts = partition(graph, (node) => !TRAINING.has(node.operator) && takesNode(graph, node));
  const rest = parts.flatMap((part) => ('reference' in part ? [part.reference] : []));
  if (rest.length === parts.length) return new ReferenceProgram(graph, 'webgpu', named(rest));
  const choose = (as: Format) => async (on: Device) => {
    checkFormat(on, as);
    const { variant, notes } = await chooseVariant(on, format, options.variant);
    return { ...optionsFor(on, variant === 'winograd', as), notes };
  };
  const make = (one: Graph) => {
    const build = async (as: Format) =>
      buildProgram(device, one, await choose(as)(device), choose(as));
    return format === 'f16' ? buildHalf(one, build) : build('f32');
  };
  if (parts.length === 1 && graph.assignments.length === 0) return make(graph);
  const compiled: CompiledPart[] = [];
  for (const part of parts) {
    if ('reference' in part) compiled.push(part);
    else compiled.push({ segment: part.segment, program: await make(part.segment.graph) });
  }
  return new PartitionedProgram(graph, 'webgpu', compiled, named(rest));
}

/** The processor has the plain tiles: those of a GPU wait for each other, and there is no memory that only a workgroup has. */
function optionsFor(device: Device, winograd: boolean, format: Format): BuildOptions {
  if (device.isSoftware) return { winograd, format };
  const tuner = new Tuner(device);
  return { winograd, format, tileOf: tuner.tileOf, tune: () => tuner.tune() };
}

/** @throws CycleganError `ERR_PRECISION`. */
function checkFormat(device: Device, format: Format): void {
  if (format !== 'f16' || device.has('shader-f16')) return;
  throw new CycleganError(
    'ERR_PRECISION',
    `The GPU (${device.name}) has no shader-f16, which the precision f16 needs; with f32, it runs.`,
  );
}

function named(nodes: readonly GraphNode[]): string[] {
  return nodes.map(({ name, op }) => `${name} (${op})`);
}
