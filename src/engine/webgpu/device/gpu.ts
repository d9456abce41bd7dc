import { builtin } from '../../../platform/builtin.js';
import { nodeGpu } from './nodeGpu.js';

/** Why there is no GPU here, and what to do; for people. */
export class NoGpu {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

let found: Promise<GPU | NoGpu> | null = null;

/** The way to this machine's GPUs: the page's own, or that of the package `webgpu` in Node. */
function findGpu(): Promise<GPU | NoGpu> {
  found ??= lookForGpu();
  return found;
}

/** The fastest of them. @throws What the browser says where it does not let a page ask. */
export async function findAdapter(): Promise<GPUAdapter | NoGpu> {
  const gpu = await findGpu();
  if (gpu instanceof NoGpu) return gpu;
  return (
    (await gpu.requestAdapter({ powerPreference: 'high-performance' })) ??
    new NoGpu('WebGPU finds no adapter here: a driver is missing, or turned off')
  );
}

/** Whether it is none, but the processor. */
export function isSoftwareAdapter(adapter: GPUAdapter): boolean {
  const { info } = adapter;
  // Where it says so depends on the browser's age.
  const saysSo = [info, adapter].some(
    (place) => 'isFallbackAdapter' in place && place.isFallbackAdapter,
  );
  const name = `${info.architecture} ${info.description} ${info.device}`;
  return saysSo || /swiftshader|llvmpipe|lavapipe|basic render/i.test(name);
}

/** Whether there is one that may be worth an engine's code. */
export async function hasHardware(): Promise<boolean> {
  const adapter = await findAdapter().catch(() => null);
  return adapter !== null && !(adapter instanceof NoGpu) && !isSoftwareAdapter(adapter);
}

async function lookForGpu(): Promise<GPU | NoGpu> {
  const own = (globalThis.navigator as Navigator | undefined)?.gpu;
  if (own !== undefined) return own;
  if (builtin('fs') === null) {
    return new NoGpu('this browser has no WebGPU, or the page was not loaded by https');
  }
  const gpu = await nodeGpu();
  return typeof gpu === 'string' ? new NoGpu(gpu) : gpu;
}
