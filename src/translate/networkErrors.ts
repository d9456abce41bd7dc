import { AbortError, CycleganError, ShapeError } from '../errors.js';
import { traceGraph } from '../nn/compile.js';
import {
  channelProblem,
  networkInputShape,
  networkSize,
  type PictureNetwork,
} from './pictureNetwork.js';

/** Larger pictures are not too small for any network. */
const MAX_SOUGHT_SIDE = 256;

/**
 * Runs a picture through the network, or makes ready for it.
 * @param name What the picture is called in messages.
 * @param size As it comes to the network, before it is padded.
 * @throws CycleganError with that name, and the smallest size that the network takes where the picture is smaller.
 */
export async function throughNetwork<T>(
  name: string,
  size: { readonly width: number; readonly height: number },
  network: PictureNetwork,
  action: () => Promise<T>,
): Promise<T> {
  const problem = channelProblem(network);
  if (problem !== null) throw new ShapeError(`${name}: ${problem}`);
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof CycleganError) || error instanceof AbortError) throw error;
    const { width, height } = size;
    const least = error instanceof ShapeError ? smallestSide(network) : 0;
    if (Math.min(width, height) < least) {
      throw new ShapeError(
        `${name}: a picture of ${width} x ${height} is too small for this network: it takes ${least} x ${least} pixels and more. --resize enlarges it, to a short side of 256 unless told otherwise.`,
        error.code,
      );
    }
    const padded = networkSize(size, network);
    const given =
      padded.width === width && padded.height === height
        ? ''
        : ` (${width}x${height}, ${network.sizeRule?.exactly === undefined ? 'padded' : 'resized'} to ${padded.width}x${padded.height})`;
    throw new CycleganError(error.code, `${name}${given}: ${error.message}`, { cause: error });
  }
}

/** Of a square that the network takes; 0 where that cannot be found. Tracing takes microseconds. */
function smallestSide(network: PictureNetwork): number {
  for (let side = 1; side <= MAX_SOUGHT_SIDE; side++) {
    try {
      traceGraph(network.module, networkInputShape({ width: side, height: side }, network));
      return side;
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
    }
  }
  return 0;
}
