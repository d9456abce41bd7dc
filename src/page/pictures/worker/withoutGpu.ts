import type { EngineOptions } from '../../../engine/engine.js';
import { CycleganError } from '../../../errors.js';
import type { Settings } from '../../settings/settings.js';

/** What a GPU may fail for where the processor does not. */
const OF_THE_GPU: readonly string[] = [
  'ERR_TOO_LARGE',
  'ERR_DEVICE_LOST',
  'ERR_ENGINE_UNAVAILABLE',
];

/**
 * Runs something by an engine. A GPU that the page has chosen by itself, and that has no room for it or fails, gives it to the fastest
 * other engine; one that the user has chosen does not.
 *
 * @param onNote Told of that, in a sentence.
 */
export async function orWithoutGpu<T>(
  { engine: chosen }: Pick<Settings, 'engine'>,
  options: EngineOptions,
  run: (options: EngineOptions) => Promise<T>,
  onNote: (message: string) => void,
): Promise<T> {
  try {
    return await run(options);
  } catch (error) {
    const isOfGpu = error instanceof CycleganError && OF_THE_GPU.includes(error.code);
    if (!isOfGpu || chosen !== null || options.engine !== 'webgpu') throw error;
    onNote(`The processor did the work, for the GPU could not. ${error.message}`);
  }
  return run({ ...options, engine: undefined });
}
