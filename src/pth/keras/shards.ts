import type { ByteSource } from '../../platform/byteSource.js';

/** Files as if they were one, each beginning where the one before ends. */
export class Shards implements ByteSource {
  readonly size: number;
  readonly shared = false;
  readonly #parts: readonly { readonly source: ByteSource; readonly start: number }[];

  constructor(sources: readonly ByteSource[]) {
    let size = 0;
    this.#parts = sources.map((source) => {
      const start = size;
      size += source.size;
      return { source, start };
    });
    this.size = size;
  }

  async read(start: number, end: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(end - start);
    for (const { source, start: begin } of this.#parts) {
      const from = Math.max(start, begin);
      const to = Math.min(end, begin + source.size);
      if (from >= to) continue;
      bytes.set(await source.read(from - begin, to - begin), from - start);
    }
    return bytes;
  }
}
