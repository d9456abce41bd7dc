import type { ByteSource } from '../platform/byteSource.js';

/** Small pieces come in blocks of this size. */
const BLOCK_BYTES = 1 << 14;
/** Blocks that are kept: readers go forwards, in two or three places at once. */
const MAX_BLOCKS = 8;

/**
 * The same bytes, read in blocks: a file of a hundred thousand small pieces is not asked for a hundred thousand times.
 * Large pieces are read as they are.
 */
export class BlockSource implements ByteSource {
  readonly size: number;
  readonly shared = false;
  readonly readInto: ByteSource['readInto'];
  readonly #source: ByteSource;
  readonly #blocks = new Map<number, Promise<Uint8Array>>();

  constructor(source: ByteSource) {
    this.size = source.size;
    this.readInto = source.readInto;
    this.#source = source;
  }

  async read(start: number, end: number): Promise<Uint8Array> {
    if (end - start >= BLOCK_BYTES) return this.#source.read(start, end);
    const bytes = new Uint8Array(end - start);
    for (let number = Math.floor(start / BLOCK_BYTES); number * BLOCK_BYTES < end; number++) {
      const at = number * BLOCK_BYTES;
      const from = Math.max(start, at);
      bytes.set((await this.#block(number)).subarray(from - at, end - at), from - start);
    }
    return bytes;
  }

  /** From now on, the file as it is now. */
  forget(): void {
    this.#blocks.clear();
  }

  #block(number: number): Promise<Uint8Array> {
    const start = number * BLOCK_BYTES;
    const found =
      this.#blocks.get(number) ??
      this.#source.read(start, Math.min(this.size, start + BLOCK_BYTES));
    // Those that were used last stand last.
    this.#blocks.delete(number);
    this.#blocks.set(number, found);
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= MAX_BLOCKS) break;
      this.#blocks.delete(oldest);
    }
    return found;
  }
}
