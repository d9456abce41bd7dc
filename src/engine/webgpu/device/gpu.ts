import { builtin } from '../../../platform/builtin.js';

/** Dawn rounds timestamps to 0.07 ms, so that pages cannot spy by them; a program of the user's own may know what a layer takes. */
const FLAGS = ['disable-dawn-features=timestamp_quantization'];

/** Dawn lists drafts of the standard, as subgroup matrices are, where this is on. Shaders are our own. */
const DRAFTS = 'enable-dawn-features=allow_unsafe_apis';
/** Names a variable that turns them off. */
const OFF_SWITCH = 'CYCLEGAN_NO_SUBGROUP_MATRICES';

/** The package that gives Node a GPU: large and native, hence an optional peer. */
const PEER = 'webgpu';

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
  try {
    // By a name that no bundler follows: the package is installed or not when this runs.
    const { create } = await import(/* webpackIgnore: true */ /* @vite-ignore */ PEER);
    const isOff = (globalThis.process.env[OFF_SWITCH] ?? '') !== '';
    return (create as (flags: readonly string[]) => GPU)(isOff ? FLAGS : [...FLAGS, DRAFTS]);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND') {
      return new NoGpu('Node has WebGPU by the package "webgpu": npm install webgpu');
    }
    return new NoGpu(`the package "webgpu" does not load: ${(error as Error).message}`);
  }
}
