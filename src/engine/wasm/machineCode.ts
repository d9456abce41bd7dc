import { callNative, compiledAtOnce } from './flags.js';

/** A place for machine code that V8 made of a module, for later processes. */
export interface MachineCodeStore {
  /** What an earlier process put there; empty for nothing. */
  readonly found: ArrayBuffer;
  readonly put: (machineCode: ArrayBuffer) => void;
}

interface CompileModuleOptions {
  /** Whether the process is the caller's own, with V8's flags set (`flags.ts`). */
  readonly allowV8Flags: boolean;
  readonly store?: MachineCodeStore;
}

/**
 * Machine code. In a process that is the caller's own, all functions are compiled at once, by all cores: some hundredths of
 * a second, or one thousandth where an earlier process left the result. Elsewhere, the event loop stays free.
 */
export async function compileModule(
  bytes: Uint8Array<ArrayBuffer>,
  { allowV8Flags, store }: CompileModuleOptions,
): Promise<WebAssembly.Module> {
  if (!allowV8Flags) return WebAssembly.compile(bytes);
  const found = store?.found.byteLength ? deserialize(store.found, bytes) : null;
  if (found !== null) return found;
  const module = compiledAtOnce(() => new WebAssembly.Module(bytes));
  const machineCode = store === undefined ? null : serialize(module);
  if (machineCode !== null) store?.put(machineCode);
  return module;
}

/** `null` where this V8 has no way to. */
function serialize(module: WebAssembly.Module): ArrayBuffer | null {
  const machineCode = callNative('SerializeWasmModule', module);
  return machineCode instanceof ArrayBuffer ? machineCode : null;
}

/** `null` unless V8 finds that this very version made it, with the same flags, for a processor that can do the same. */
function deserialize(
  machineCode: ArrayBuffer,
  bytes: Uint8Array<ArrayBuffer>,
): WebAssembly.Module | null {
  const module = callNative('DeserializeWasmModule', machineCode, bytes);
  return module instanceof WebAssembly.Module ? module : null;
}
