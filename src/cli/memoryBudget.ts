import type { EngineOptions } from '../engine/engine.js';
import { MemoryError } from '../engine/wasm/newMemory.js';
import { CycleganError } from '../errors.js';

/**
 * What a picture takes beside its network, per pixel: its bytes on the way in and on the way out, and what decoders and encoders work
 * with (`npm run bench:memory`).
 */
const PICTURE_BYTES = 10;

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * What is left of `--memory` for the network, which bounds both; where none is named, or `max`, the engine decides.
 * @param pictures How many there are at a time.
 */
export function networkBudget<T extends EngineOptions>(engine: T, size: Size, pictures = 1): T {
  const { memory } = engine;
  if (memory === undefined || memory === Number.POSITIVE_INFINITY) return engine;
  return { ...engine, memory: Math.max(1, memory - pictures * bytesOf(size)) };
}

/**
 * Runs what may find that its network has too little.
 * @throws CycleganError that says how much `--memory` is enough.
 */
export async function withinBudget<T>(
  { memory }: EngineOptions,
  size: Size,
  action: () => Promise<T>,
  pictures = 1,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const least = leastOf(error);
    if (least === null || memory === undefined || !(error instanceof CycleganError)) throw error;
    const enough = megabytesFor(least + pictures * bytesOf(size));
    throw new CycleganError(
      error.code,
      `${error.message} With the ${pictures === 1 ? 'picture itself' : `${pictures} pictures that are there at a time`}, --memory ${enough}M is enough.`,
      { cause: error },
    );
  }
}

/** What a network needs at least, as an error says, or the cause of one. */
function leastOf(error: unknown): number | null {
  if (error instanceof MemoryError) return error.least;
  return error instanceof CycleganError && error.cause !== undefined ? leastOf(error.cause) : null;
}

function bytesOf({ width, height }: Size): number {
  return PICTURE_BYTES * width * height;
}

/** As `--memory` counts them. */
function megabytesFor(bytes: number): number {
  return Math.ceil(bytes / 1e6);
}
