import { builtin } from '../../platform/builtin.js';

/** How V8 is asked for wider machine code, by its major version. */
interface FlagRule {
  readonly flag: string;
  readonly from: number;
  readonly before: number;
}

/**
 * An unknown flag does not throw but prints an error, so flags go by version: relaxed SIMD stood
 * behind one until Node 22 (V8 12), and the pass that joins pairs of 128-bit operations to 256 bits came
 * to stay with Node 24 (V8 13). Without the baseline tier, code is as fast the first time as later.
 */
const RULES: readonly FlagRule[] = [
  { flag: '--experimental-wasm-relaxed-simd', from: 11, before: 12 },
  { flag: '--no-liftoff', from: 11, before: 99 },
];

const REVECTORIZE: FlagRule = { flag: '--experimental-wasm-revectorize', from: 13, before: 99 };

let applied: { readonly revectorize: boolean } | null = null;

/**
 * Sets V8's flags for this process, once, before any kernel is compiled. Only where the caller owns
 * the process, since flags are process-wide and experimental.
 *
 * @returns Whether code may come out 256 bits wide.
 */
export function applyV8Flags(options: { readonly revectorize: boolean }): boolean {
  if (applied !== null) return applied.revectorize;
  const v8 = builtin('v8');
  const major = Number.parseInt(globalThis.process?.versions?.v8 ?? '', 10);
  if (v8 === null || Number.isNaN(major)) return false;
  const known = ({ from, before }: FlagRule) => major >= from && major < before;
  for (const rule of RULES) if (known(rule)) v8.setFlagsFromString(rule.flag);
  const revectorize = options.revectorize && known(REVECTORIZE) && is64BitIntel();
  if (revectorize) v8.setFlagsFromString(REVECTORIZE.flag);
  applied = { revectorize };
  return revectorize;
}

/** The pass exists for x64 only. */
function is64BitIntel(): boolean {
  return globalThis.process?.arch === 'x64';
}
