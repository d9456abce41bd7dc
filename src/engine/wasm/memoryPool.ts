import { newMemory } from './newMemory.js';

/** The memory of a program that was disposed of, if it may be used again. */
let spare: { readonly memory: WebAssembly.Memory; readonly shared: boolean } | null = null;

/**
 * Memory of at least so many pages, all zero: what `keepMemory` kept, or new.
 * @throws MemoryError when there is none.
 */
export function takeMemory(pages: number, shared: boolean): WebAssembly.Memory {
  const kept = spare;
  if (kept !== null && kept.shared === shared && kept.memory.buffer.byteLength >= pages * 65_536) {
    spare = null;
    new Uint8Array(kept.memory.buffer, 0, pages * 65_536).fill(0);
    return kept.memory;
  }
  return newMemory(pages, shared);
}

/**
 * Keeps the memory of a program that nobody runs any more for the next one. Threads hold on to a program's memory until
 * their own garbage is collected, which is seldom, for they make none: program after program would pile up.
 */
export function keepMemory(memory: WebAssembly.Memory, shared: boolean): void {
  if (spare === null || spare.memory.buffer.byteLength < memory.buffer.byteLength) {
    spare = { memory, shared };
  }
}
