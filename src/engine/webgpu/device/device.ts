import { CycleganError } from '../../../errors.js';
import { Queue } from '../../shared/queue.js';
import type { MatrixShape } from '../kernels/convolution/matrixTile.js';
import type { TileLimits } from '../kernels/convolution/tile.js';
import type { Kernel } from '../shader/wgsl.js';
import { DeviceMemory } from './deviceNotes.js';
import { findAdapter, isSoftwareAdapter, NoGpu } from './gpu.js';
import { matrixShapes, SUBGROUP_MATRICES } from './matrixShapes.js';

/** GPUBufferUsage, GPUMapMode and GPUShaderStage are no globals in Node; their values are fixed by the standard. */
export const USAGE = {
  mapRead: 0x0001,
  copySource: 0x0004,
  copyTarget: 0x0008,
  storage: 0x0080,
  queryResolve: 0x0200,
} as const;
export const MAP_READ = 1;
const COMPUTE_STAGE = 4;

/** A kernel that is ready to run. */
export interface ReadyDispatch {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
}

/** Pipelines that are kept for later programs. */
const MAX_PIPELINES = 1024;
/** What a device is taken to do until it was timed: as little as a slow one does. */
const FIRST_FLOPS_PER_MS = 2e7;

/** How long the news of a loss may take to arrive behind the failure that comes of it. */
const LOSS_MS = 50;

/** What is asked of an adapter that has it; nothing depends on any of these. */
const FEATURES = ['shader-f16', 'subgroups', 'timestamp-query'] as const;
/** The same for drafts of the standard, which a device may list and yet fail with. */
const DRAFTS = [SUBGROUP_MATRICES] as const;
type Feature = (typeof FEATURES | typeof DRAFTS)[number];

/** A GPU that is open, with what all programs share. */
export class Device {
  readonly gpu: GPUDevice;
  /** Its maker and kind, for people. */
  readonly name: string;
  /** Whether it is none, but the processor. */
  readonly isSoftware: boolean;
  /** Why it is gone; `null` while it is there. */
  lost: string | null = null;
  /** What was found out about it, now or before. */
  readonly memory: DeviceMemory;
  /** Operations per millisecond, as timed last. */
  flopsPerMs = FIRST_FLOPS_PER_MS;
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  readonly #matrices: readonly MatrixShape[];
  readonly #queue = new Queue();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();

  constructor(gpu: GPUDevice, adapter: GPUAdapter) {
    const { vendor, architecture, device, description } = adapter.info;
    const words = [description, device, `${vendor} ${architecture}`].map((word) => word.trim());
    this.gpu = gpu;
    this.name = words.find((word) => word !== '') ?? 'unknown device';
    this.isSoftware = isSoftwareAdapter(adapter);
    this.#matrices = matrixShapes(adapter.info);
    // What is the fastest without drafts is not with them.
    const drafts = DRAFTS.filter((draft) => this.has(draft));
    this.memory = DeviceMemory.of([vendor, architecture, device, description, ...drafts]);
    void gpu.lost.then(({ message, reason }) => {
      this.lost = message || reason || 'for no reason given';
    });
  }

  /** Whether it is gone: calls that fail for that reason may do so before `lost` is known. */
  async isLost(): Promise<boolean> {
    if (this.lost === null) {
      const patience = new Promise((resolve) => setTimeout(resolve, LOSS_MS));
      await Promise.race([this.gpu.lost, patience]);
    }
    return this.lost !== null;
  }

  /**
   * Runs one job at a time: error scopes are a stack of the device, so those of interleaved jobs would catch each other's
   * errors.
   * @returns What came of it, and the errors of either kind.
   */
  inTurn<T>(job: () => Promise<T>) {
    return this.#queue.run(async () => {
      this.gpu.pushErrorScope('out-of-memory');
      this.gpu.pushErrorScope('validation');
      const outcome = await job().then(
        (result) => ({ result }),
        (error: unknown) => ({ error }),
      );
      // A device that is lost has none.
      const [invalid, noRoom] = [await this.#popError(), await this.#popError()];
      return { outcome, invalid, noRoom };
    });
  }

  has(feature: Feature): boolean {
    return this.gpu.features.has(feature);
  }

  get tileLimits(): TileLimits {
    return {
      workgroupBytes: this.gpu.limits.maxComputeWorkgroupStorageSize,
      hasSubgroups: this.has('subgroups'),
      matrices: this.has(SUBGROUP_MATRICES) ? this.#matrices : [],
    };
  }

  #popError(): Promise<string | null> {
    return this.gpu.popErrorScope().then(
      (error) => error?.message ?? null,
      () => null,
    );
  }

  layout({ bindings }: Kernel): GPUBindGroupLayout {
    const types = bindings.map(({ buffer }) =>
      buffer.kind === 'weights' ? ('read-only-storage' as const) : ('storage' as const),
    );
    const key = types.join(' ');
    const known = this.#layouts.get(key);
    if (known !== undefined) return known;
    const entries = types.map((type, binding) => ({
      binding,
      visibility: COMPUTE_STAGE,
      buffer: { type },
    }));
    const layout = this.gpu.createBindGroupLayout({ entries });
    this.#layouts.set(key, layout);
    return layout;
  }

  /** Compiles a kernel, once for all programs. */
  pipeline(kernel: Kernel): Promise<GPUComputePipeline> {
    const known = this.#pipelines.get(kernel.code);
    if (known !== undefined) return known;
    const { label, code } = kernel;
    const making = this.gpu.createComputePipelineAsync({
      label,
      layout: this.gpu.createPipelineLayout({ bindGroupLayouts: [this.layout(kernel)] }),
      compute: { module: this.gpu.createShaderModule({ label, code }), entryPoint: 'main' },
    });
    this.#pipelines.set(code, making);
    making.catch(() => this.#pipelines.delete(code));
    if (this.#pipelines.size > MAX_PIPELINES) {
      this.#pipelines.delete(this.#pipelines.keys().next().value as string);
    }
    return making;
  }
}

/** What a caller is told whose device is gone, and so is the next. */
export function deviceLost({ name, lost }: Device, why = 'it was lost again'): CycleganError {
  return new CycleganError(
    'ERR_DEVICE_LOST',
    `The GPU (${name}) was lost (${lost}), and could not be had anew: ${why}. Its driver may have been reset or updated; --engine wasm runs without it.`,
  );
}

let opened: Promise<Device | NoGpu> | null = null;
/** Until a device with drafts was lost, or could not be had. */
let areDraftsTrusted = true;

/** The device that all programs share; another once it is lost, or was not to be had. */
export async function openDevice(): Promise<Device | NoGpu> {
  opened ??= open();
  const opening = opened;
  const device = await opening;
  if (device instanceof Device && device.lost === null) return device;
  // Of several callers, the first opens another; what was missing may be there the next time.
  if (opened === opening) opened = null;
  if (device instanceof NoGpu) return device;
  if (DRAFTS.some((draft) => device.has(draft))) areDraftsTrusted = false;
  return openDevice();
}

async function open(): Promise<Device | NoGpu> {
  try {
    const adapter = await findAdapter();
    if (adapter instanceof NoGpu) return adapter;
    const drafts = DRAFTS.filter((draft) => areDraftsTrusted && adapter.features.has(draft));
    if (drafts.length === 0) return await openOn(adapter, []);
    try {
      return await openOn(adapter, drafts);
    } catch {
      areDraftsTrusted = false;
    }
    // An adapter that has failed gives no other device.
    return await open();
  } catch (error) {
    return new NoGpu(`the adapter gives no device: ${(error as Error).message}`);
  }
}

async function openOn(adapter: GPUAdapter, drafts: readonly Feature[]): Promise<Device> {
  const { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupStorageSize } =
    adapter.limits;
  // Large pictures need more than the 128 MiB a binding that every device has, large tiles more than 16 KiB a workgroup.
  const requiredLimits = {
    maxBufferSize,
    maxStorageBufferBindingSize,
    maxComputeWorkgroupStorageSize,
  };
  const features = FEATURES.filter((feature) => adapter.features.has(feature));
  const requiredFeatures = [...features, ...drafts];
  return new Device(await adapter.requestDevice({ requiredLimits, requiredFeatures }), adapter);
}
