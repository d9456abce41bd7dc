import { CycleganError } from '../../errors.js';
import { addressSpaceLimit } from '../../platform/addressSpace.js';
import { builtin } from '../../platform/builtin.js';

/** Bytes of a page of WebAssembly memory. */
export const PAGE = 65_536;
/** How much memory WebAssembly can have, in pages: 4 GiB, but for one. */
export const MAX_PAGES = 65_535;

/** A picture needs more memory than WebAssembly, or this process, can have. */
export class MemoryError extends CycleganError {
  override readonly name = 'MemoryError';
  /** How many bytes would be enough; `null` where that is not known. */
  readonly least: number | null;

  constructor(message: string, options: ErrorOptions & { readonly least?: number } = {}) {
    super('ERR_TOO_LARGE', message, options);
    this.least = options.least ?? null;
  }
}

/**
 * Memory of so many pages, all zero, which can grow where the system has room for that.
 * @throws MemoryError with what was asked for, and what limits it.
 */
export function newMemory(pages: number, shared: boolean): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: maxPages(pages), shared });
  } catch {
    // Once more, without room to grow.
  }
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  } catch (cause) {
    throw memoryRefusal(pages * PAGE, { cause });
  }
}

/** Node sets no more aside for a larger maximum; browsers may, and refuse what a phone does not have. */
export function maxPages(pages: number): number {
  return builtin('v8') === null ? Math.min(2 * pages, MAX_PAGES) : MAX_PAGES;
}

/** V8 sets more addresses aside for a memory than it has bytes: whatever is read, it need not look where it ends. */
export function memoryRefusal(bytes: number, options?: ErrorOptions): MemoryError {
  const asked = `This process cannot have ${megabytes(bytes)} of memory for WebAssembly`;
  const limit = addressSpaceLimit();
  const why =
    limit === null
      ? '. A smaller picture needs less.'
      : `: its addresses are limited to ${megabytes(limit)} (ulimit -v), and V8 sets about 10 GB of them aside for each such memory. Raise the limit, or take the engine "js".`;
  return new MemoryError(asked + why, options);
}

export function megabytes(bytes: number): string {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} kB`;
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
}
