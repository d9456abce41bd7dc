import type { ModuleWriter } from './module.js';

/** Machine code beside a small memory of its own. */
export interface Instance {
  readonly memory: Uint8Array;
  readonly functions: Readonly<Record<string, (...integers: number[]) => void>>;
}

/**
 * Machine code for one thread, ready to be called: for loops that are few and small enough to be compiled here and now.
 *
 * @param pages Of its memory, 64 KiB each.
 * @returns Nothing where there is no SIMD, or where a page's security policy forbids WebAssembly.
 */
export function instantiate(module: ModuleWriter, pages: number): Instance | undefined {
  if (typeof WebAssembly === 'undefined') return undefined;
  const bytes = module.finish({ pages, shared: false });
  if (!WebAssembly.validate(bytes)) return undefined;
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      e: { m: memory },
    });
    const functions = exports as unknown as Instance['functions'];
    return { memory: new Uint8Array(memory.buffer), functions };
  } catch {
    // Valid, but forbidden, or there is no memory: plain loops need neither.
    return undefined;
  }
}
