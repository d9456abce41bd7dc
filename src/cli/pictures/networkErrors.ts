import { AbortError, CycleganError, ShapeError } from '../../errors.js';
import type { OpenedGenerator } from '../../generator/openGenerator.js';
import { traceGraph } from '../../nn/compile.js';
import type { Module } from '../../nn/module.js';

/** Larger pictures are not too small for any network. */
const MAX_SOUGHT_SIDE = 256;

/**
 * Runs a picture through the network, or makes ready for it.
 * @param name What the picture is called in messages.
 * @param size What of it the network gets.
 * @throws CycleganError with that name, and the smallest size that the network takes where the picture is smaller.
 */
export async function throughNetwork<T>(
  name: string,
  size: { readonly width: number; readonly height: number },
  generator: Pick<OpenedGenerator, 'module' | 'inputChannels' | 'outputChannels'>,
  action: () => Promise<T>,
): Promise<T> {
  const { module, inputChannels, outputChannels } = generator;
  if (inputChannels !== 3 || (outputChannels !== 3 && outputChannels !== 1)) {
    throw new ShapeError(
      `${name}: the generator turns ${inputChannels} channels into ${outputChannels}, but a picture has 3 (red, green, blue); the library runs it on tensors.`,
    );
  }
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof CycleganError) || error instanceof AbortError) throw error;
    const { width, height } = size;
    const least = error instanceof ShapeError ? smallestSide(module) : 0;
    if (Math.min(width, height) < least) {
      throw new ShapeError(
        `${name}: a picture of ${width} x ${height} is too small for this network: it takes ${least} x ${least} pixels and more. --resize enlarges it, to a short side of 256 unless told otherwise.`,
        error.code,
      );
    }
    throw new CycleganError(error.code, `${name}: ${error.message}`, { cause: error });
  }
}

/** Of a square that the network takes; 0 where that cannot be found. Tracing takes microseconds. */
function smallestSide(network: Module): number {
  for (let side = 1; side <= MAX_SOUGHT_SIDE; side++) {
    try {
      traceGraph(network, [1, 3, side, side]);
      return side;
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
    }
  }
  return 0;
}
