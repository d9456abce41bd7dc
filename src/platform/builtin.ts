import { CycleganError } from '../errors.js';

type Builtins = {
  fs: typeof import('node:fs');
  'fs/promises': typeof import('node:fs/promises');
  module: typeof import('node:module');
  net: typeof import('node:net');
  /** `setGlobalProxyFromEnv` came with Node 24. */
  http: typeof import('node:http') & { readonly setGlobalProxyFromEnv?: () => void };
  child_process: typeof import('node:child_process');
  path: typeof import('node:path');
  readline: typeof import('node:readline');
  url: typeof import('node:url');
  crypto: typeof import('node:crypto');
  util: typeof import('node:util');
  vm: typeof import('node:vm');
  v8: typeof import('node:v8');
  worker_threads: typeof import('node:worker_threads');
  os: typeof import('node:os');
  zlib: typeof import('node:zlib');
};

/**
 * One of Node's own modules, or `null` where there is no Node. Asked for at run time and not
 * imported, so that one and the same library file loads in a browser and bundles without settings. Nor are Node's globals
 * called by their bare names: some bundlers put a package of their own in the place of `process` and `Buffer`.
 */
export function builtin<N extends keyof Builtins>(name: N): Builtins[N] | null {
  if (
    typeof globalThis.process === 'undefined' ||
    typeof globalThis.process.getBuiltinModule !== 'function'
  )
    return null;
  return (globalThis.process.getBuiltinModule(name) as Builtins[N] | undefined) ?? null;
}

/** @throws CycleganError `ERR_NO_FILES` where there is no Node. */
export function requireBuiltin<N extends keyof Builtins>(name: N, what: string): Builtins[N] {
  const module = builtin(name);
  if (module === null) {
    throw new CycleganError(
      'ERR_NO_FILES',
      `${what} needs Node: in a browser, fetch the file and pass its bytes (Uint8Array) or the Blob.`,
    );
  }
  return module;
}
