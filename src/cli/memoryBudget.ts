import type { EngineOptions } from '../engine/engine.js';
import { MemoryError } from '../engine/wasm/newMemory.js';
import { CycleganError } from '../errors.js';
import { freeMemory } from '../platform/freeMemory.js';

/**
 * What a picture takes beside its network, per pixel: its bytes on the way in and on the way out, and what decoders and encoders work
 * with (`npm run bench:memory`).
 */
export const PICTURE_BYTES = 10;
/** The same of one that comes and goes row by row: what the network gets is held, with its transparency. Nothing of one that lies on the disk. */
export const STREAMED_PICTURE_BYTES = 4;

/** What network and pictures may take where `--memory` names nothing: this, or half of what is free. */
const DEFAULT_MEMORY = 768e6;
/** Of that, a network gets no more, and works row by row instead: Node with its threads, and what is on its way, are not counted. */
const DEFAULT_NETWORK_MEMORY = 512e6;
/** That half is a multiple of this, so that the same command has the same limit another time, if it can. */
const MEMORY_STEP = 64e6;

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Runs a network with what is left of `--memory` for it: the pictures are part of that. Where none is named, it is what is usual; a
 * network that needs more than that gets the least that it needs.
 *
 * @param action Gets the options to run it with; perhaps twice.
 * @param pictures How many there are at a time.
 * @param perPixel What one takes.
 * @throws CycleganError that says how much `--memory` is enough.
 */
export async function withinBudget<E extends EngineOptions, T>(
  engine: E,
  size: Size,
  action: (engine: E) => Promise<T>,
  pictures = 1,
  perPixel = PICTURE_BYTES,
): Promise<T> {
  const { memory } = engine;
  if (memory === Number.POSITIVE_INFINITY) return action(engine);
  const ofPictures = pictures * perPixel * size.width * size.height;
  const left =
    memory === undefined
      ? Math.min(DEFAULT_NETWORK_MEMORY, defaultMemory() - ofPictures)
      : memory - ofPictures;
  try {
    return await action({ ...engine, memory: Math.max(1, left) });
  } catch (error) {
    const least = leastOf(error);
    if (least === null || !(error instanceof CycleganError)) throw error;
    if (memory === undefined) return action({ ...engine, memory: least });
    const enough = megabytesFor(least + ofPictures);
    throw new CycleganError(
      error.code,
      `${error.message} With the ${pictures === 1 ? 'picture itself' : `${pictures} pictures that are there at a time`}, --memory ${enough}M is enough.`,
      { cause: error },
    );
  }
}

/** The same for all pictures of a process, which share programs. */
function defaultMemory(): number {
  usual ??= usualMemory(freeMemory());
  return usual;
}

let usual: number | null = null;

/** @param free What the machine has left; `null` where that is not told. */
export function usualMemory(free: number | null): number {
  const half = Math.floor((free ?? Number.POSITIVE_INFINITY) / 2 / MEMORY_STEP) * MEMORY_STEP;
  return Math.max(MEMORY_STEP, Math.min(DEFAULT_MEMORY, half));
}

/** What a network needs at least, as an error says, or the cause of one. */
function leastOf(error: unknown): number | null {
  if (error instanceof MemoryError) return error.least;
  return error instanceof CycleganError && error.cause !== undefined ? leastOf(error.cause) : null;
}

/** As `--memory` counts them. */
function megabytesFor(bytes: number): number {
  return Math.ceil(bytes / 1e6);
}
