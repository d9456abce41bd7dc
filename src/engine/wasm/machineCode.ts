import { compiledAtOnce } from './flags.js';

/**
 * Machine code. In a process that is the caller's own, with V8's flags set (`flags.ts`), all functions are compiled
 * at once, by all cores: some hundredths of a second. Elsewhere, the event loop stays free.
 */
export async function compileModule(
  bytes: Uint8Array<ArrayBuffer>,
  owned: boolean,
): Promise<WebAssembly.Module> {
  if (!owned) return WebAssembly.compile(bytes);
  return compiledAtOnce(() => new WebAssembly.Module(bytes));
}
