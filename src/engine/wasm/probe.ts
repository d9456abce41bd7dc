import { type Code, f32x4, i32, v128 } from '../../emit/code.js';
import { ModuleWriter } from '../../emit/module.js';

/** What the runtime's WebAssembly can do, found out with modules of a few bytes. */
export interface Features {
  readonly simd: boolean;
  readonly relaxedSimd: boolean;
  /** Whether memory can be shared with other threads. In a browser, the page must be isolated. */
  readonly sharedMemory: boolean;
}

/** Looks anew at every call: flags may have changed what is there. */
export function probeFeatures(): Features {
  return {
    simd: validates(false, (x) => f32x4.add(x, x)),
    relaxedSimd: validates(false, (x) => f32x4.relaxedMadd(x, x, x)),
    sharedMemory: typeof SharedArrayBuffer === 'function' && validates(true, (x) => x),
  };
}

/** Why code cannot be compiled though the runtime knows WebAssembly, for people; `null` where it can. */
export function compilationRefusal(): Promise<string | null> {
  refusal ??= WebAssembly.compile(probeModule(false, (x) => x)).then(
    () => null,
    (error: unknown) => {
      const { message } = error as Error;
      return /content security policy/i.test(message)
        ? "the page's Content-Security-Policy forbids WebAssembly; 'wasm-unsafe-eval' in its script-src allows it"
        : `this runtime compiles no WebAssembly: ${message}`;
    },
  );
  return refusal;
}

let refusal: Promise<string | null> | null = null;

function validates(shared: boolean, expression: (x: Code) => Code): boolean {
  if (typeof WebAssembly === 'undefined') return false;
  return WebAssembly.validate(probeModule(shared, expression));
}

function probeModule(shared: boolean, expression: (x: Code) => Code): Uint8Array<ArrayBuffer> {
  const module = new ModuleWriter();
  module.define('probe', [], (f) => {
    const address = i32.const(0);
    f.emit(v128.store(address, expression(v128.load(address))));
  });
  return module.finish({ pages: 1, shared });
}
