import type { ByteSource } from '../../platform/byteSource.js';
import type { Budget } from '../budget.js';
import { PthError } from '../pthError.js';

/** Pickles of a state dict of some hundred tensors are smaller. */
const FIRST_BYTES = 1 << 16;
const GROWTH = 8;

/**
 * Pickles carry no length, so they are read from a piece of the file that grows until they end within it.
 *
 * @param parse Reads from `bytes`, which begin at `start`.
 * @throws PthError of `parse`, with offsets counted from `start`.
 */
export async function readIncrementally<T>(
  source: ByteSource,
  start: number,
  end: number,
  budget: Budget,
  parse: (bytes: Uint8Array) => T,
  firstBytes = FIRST_BYTES,
): Promise<T> {
  for (let length = firstBytes; ; length *= GROWTH) {
    const stop = Math.min(end, start + length);
    const bytes = await budget.read(source, start, stop, 'The pickle');
    try {
      return parse(bytes);
    } catch (error) {
      if (!(error instanceof PthError && error.code === 'ERR_PTH_TRUNCATED') || stop === end) {
        throw error;
      }
    }
  }
}
