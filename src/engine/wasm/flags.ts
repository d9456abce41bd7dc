import { builtin } from '../../platform/builtin.js';

/** How V8 is asked for wider machine code, by its major version. */
interface FlagRule {
  readonly flag: string;
  readonly from: number;
  readonly before: number;
}

/** The first V8 that these flags were not tried on: it is left as it is. */
const UNKNOWN = 15;

/**
 * An unknown flag does not throw but prints an error, so flags go by version: relaxed SIMD stood
 * behind one until Node 22 (V8 12), and the pass that joins pairs of 128-bit operations to 256 bits came
 * to stay with Node 24 (V8 13). Without the baseline tier, code is as fast the first time as later; but
 * inlining, which counts calls in that tier, then crashes V8 14, and kernels gain nothing from it. V8 11
 * unrolls the innermost loop of products until its registers spill.
 */
const RULES: readonly FlagRule[] = [
  { flag: '--experimental-wasm-relaxed-simd', from: 11, before: 12 },
  { flag: '--no-wasm-loop-unrolling', from: 11, before: 12 },
  { flag: '--no-liftoff', from: 11, before: UNKNOWN },
  { flag: '--no-wasm-inlining-call-indirect', from: 13, before: UNKNOWN },
  { flag: '--no-wasm-inlining', from: 13, before: UNKNOWN },
];

const REVECTORIZE: FlagRule = {
  flag: '--experimental-wasm-revectorize',
  from: 13,
  before: UNKNOWN,
};

/** Compiled at once instead of at each first call, a module's functions are shared out to all cores. */
const AT_ONCE: FlagRule = { flag: '--no-wasm-lazy-compilation', from: 11, before: UNKNOWN };

/** Functions of V8's own can be called by name, `%Name(…)`; those used here went with V8 14. */
const NATIVES: FlagRule = { flag: '--allow-natives-syntax', from: 11, before: 14 };

/** Set in the environment, it keeps code at 128 bits. */
const OFF_SWITCH = 'CYCLEGAN_NO_REVECTORIZE';

let basicsSet = false;

function setFlag(flag: string): boolean {
  const v8 = builtin('v8');
  if (v8 === null) return false;
  v8.setFlagsFromString(flag);
  return true;
}

function setFlagOff(flag: string): void {
  setFlag(flag.startsWith('--no-') ? flag.replace('--no-', '--') : flag.replace('--', '--no-'));
}

function applies({ from, before }: FlagRule): boolean {
  const major = Number.parseInt(globalThis.process?.versions?.v8 ?? '', 10);
  return major >= from && major < before;
}

/**
 * Sets V8's flags for this process before a kernel is compiled. Only where the caller owns the process,
 * since flags are process-wide and experimental.
 *
 * @returns Whether code may come out 256 bits wide.
 */
export function applyV8Flags(wanted: { readonly revectorize: boolean }): boolean {
  if (!basicsSet) for (const rule of RULES) if (applies(rule)) setFlag(rule.flag);
  basicsSet = true;
  const off = Boolean(globalThis.process?.env?.[OFF_SWITCH]);
  // The pass exists for x64 only.
  if (!applies(REVECTORIZE) || globalThis.process?.arch !== 'x64') return false;
  const on = wanted.revectorize && !off;
  if (on) setFlag(REVECTORIZE.flag);
  else setFlagOff(REVECTORIZE.flag);
  return on;
}

/**
 * Runs `compile` with all functions compiled at once, and lets V8 go back to its habit: Node from 24 on ends a process that
 * waits for nothing but such a compilation in the background, which other code of this process may ask for.
 */
export function compiledAtOnce<T>(compile: () => T): T {
  if (!applies(AT_ONCE)) return compile();
  setFlag(AT_ONCE.flag);
  try {
    return compile();
  } finally {
    setFlagOff(AT_ONCE.flag);
  }
}

/**
 * Calls a function of V8's own that no interface of Node reaches. Only where the caller owns the process.
 *
 * @returns `undefined` where this V8 does not have it, or must not make code of text.
 */
export function callNative(
  name: 'SerializeWasmModule' | 'DeserializeWasmModule',
  ...args: readonly unknown[]
): unknown {
  if (!applies(NATIVES) || !setFlag(NATIVES.flag)) return undefined;
  try {
    const names = args.map((_, index) => `a${index}`);
    return new Function(...names, `return %${name}(${names})`)(...args);
  } catch (error) {
    // `--disallow-code-generation-from-strings` gives an EvalError.
    if (error instanceof SyntaxError || error instanceof EvalError) return undefined;
    throw error;
  } finally {
    setFlagOff(NATIVES.flag);
  }
}
