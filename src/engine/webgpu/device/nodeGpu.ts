/** Dawn rounds timestamps to 0.07 ms, so that pages cannot spy by them; a program of the user's own may know what a layer takes. */
const FLAGS = ['disable-dawn-features=timestamp_quantization'];

/**
 * Dawn lists experimental features, such as subgroup matrices, where this is on. They are called unsafe because pages could do harm with them; kernels here
 * are our own. What Dawn checks of shaders and of accesses to memory stays on.
 */
const DRAFTS = 'enable-dawn-features=allow_unsafe_apis';
/** The environment variable that leaves them off. */
const OFF_SWITCH = 'CYCLEGAN_NO_SUBGROUP_MATRICES';

/** The package that gives Node a GPU: large and native, hence an optional peer. */
const PEER = 'webgpu';

/** The way to GPUs that Node has by that package, or why there is none. */
export async function nodeGpu(): Promise<GPU | string> {
  const isOff = (globalThis.process.env[OFF_SWITCH] ?? '') !== '';
  try {
    // By a name that no bundler follows: the package is installed or not when this runs.
    const { create } = await import(/* webpackIgnore: true */ /* @vite-ignore */ PEER);
    return (create as (flags: readonly string[]) => GPU)(isOff ? FLAGS : [...FLAGS, DRAFTS]);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND') {
      return 'Node has WebGPU by the package "webgpu": npm install webgpu';
    }
    return `the package "webgpu" does not load: ${(error as Error).message}`;
  }
}
