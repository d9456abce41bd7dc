import type { ByteSource } from './byteSource.js';

/** Bytes that do not lie in memory, or not as one; any of them can be had without waiting. */
export interface RandomBytes {
  readonly length: number;
  /** Fills `to` with the bytes from `start` on, all of which there have to be. */
  readInto(start: number, to: Uint8Array): void;
}

/** The bytes from `start` up to `end`, as far as there are: of what lies in memory, a window on them. */
export function bytesFrom(
  source: Uint8Array | RandomBytes,
  start: number,
  end: number,
): Uint8Array {
  if (source instanceof Uint8Array) return source.subarray(start, end);
  const bytes = new Uint8Array(Math.max(0, Math.min(end, source.length) - start));
  if (bytes.length > 0) source.readInto(start, bytes);
  return bytes;
}

/** All of them, in memory. */
export function allBytes(source: Uint8Array | RandomBytes): Uint8Array {
  return source instanceof Uint8Array ? source : bytesFrom(source, 0, source.length);
}

/** Windows on other bytes, one behind the other. */
export class JoinedBytes implements RandomBytes {
  readonly length: number;
  readonly #source: Uint8Array | RandomBytes;
  readonly #windows: readonly Window[];
  /** Where each begins, of all of them. */
  readonly #starts: readonly number[];

  constructor(source: Uint8Array | RandomBytes, windows: readonly Window[]) {
    this.#source = source;
    this.#windows = windows;
    let length = 0;
    this.#starts = windows.map((window) => {
      length += window.length;
      return length - window.length;
    });
    this.length = length;
  }

  readInto(start: number, to: Uint8Array): void {
    let window = lastAtMost(this.#starts, start);
    for (let filled = 0; filled < to.length; window++) {
      const { at, length } = this.#windows[window];
      const inside = start + filled - this.#starts[window];
      const part = Math.min(length - inside, to.length - filled);
      const target = to.subarray(filled, filled + part);
      if (this.#source instanceof Uint8Array) {
        target.set(this.#source.subarray(at + inside, at + inside + part));
      } else if (part > 0) this.#source.readInto(at + inside, target);
      filled += part;
    }
  }
}

interface Window {
  readonly at: number;
  readonly length: number;
}

/** The last of ascending numbers that is no larger. */
function lastAtMost(numbers: readonly number[], value: number): number {
  let [low, high] = [0, numbers.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (numbers[middle] <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** So much is read of a file at a time, where less is asked for. */
const BLOCK_BYTES = 2 ** 18;

/** A file's bytes, read in blocks, of which one is held; `null` where they cannot be had without waiting. */
export function randomBytesOf({ size, readInto }: ByteSource): RandomBytes | null {
  if (readInto === undefined) return null;
  // The same memory for all blocks: thousands would wait for the garbage collector.
  const room = new Uint8Array(Math.min(BLOCK_BYTES, size));
  let block = room.subarray(0, 0);
  let blockAt = 0;
  return {
    length: size,
    readInto(start, to) {
      if (to.length > BLOCK_BYTES) {
        readInto(start, to);
        return;
      }
      if (start < blockAt || start + to.length > blockAt + block.length) {
        const next = room.subarray(0, Math.min(BLOCK_BYTES, size - start));
        // Where the file cannot be read, there is no block.
        block = room.subarray(0, 0);
        readInto(start, next);
        block = next;
        blockAt = start;
      }
      to.set(block.subarray(start - blockAt, start - blockAt + to.length));
    },
  };
}
