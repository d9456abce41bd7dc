import type { EngineOptions } from '../../src/engine/engine.js';

/** An engine, and the way of making code that is asked of it. */
export interface EngineUnderTest {
  readonly name: string;
  readonly options: EngineOptions;
  /** How far the small generators may be from double precision. */
  readonly tolerance: number;
  /** Magnitude below which numbers may become zero, or be taken for it. */
  readonly smallest: number;
  /** Why it cannot run on this Node; then its tests are skipped, and only then. */
  readonly unavailable: string | null;
}

const v8 = Number.parseInt(process.versions.v8, 10);

const wasm = (name: string, variant: string, since: number, allowV8Flags: boolean) => ({
  name,
  options: { engine: 'wasm' as const, variant, allowV8Flags, threads: 2 },
  tolerance: 5e-5,
  smallest: 0,
  unavailable: v8 >= since ? null : `needs V8 ${since}, and this is V8 ${v8}`,
});

/** Every way of running a network. V8's flags concern the whole process, so each has one of its own. */
const ALL: readonly EngineUnderTest[] = [
  { name: 'js', options: { engine: 'js' }, tolerance: 1e-5, smallest: 0, unavailable: null },
  wasm('wasm', 'simd', 0, false),
  wasm('wasm+fma', 'fma', 11, true),
  wasm('wasm+fma+256', 'fma+256', process.arch === 'x64' ? 13 : Number.POSITIVE_INFINITY, true),
  {
    name: 'webgpu',
    options: { engine: 'webgpu' },
    tolerance: 5e-5,
    // GPUs flush denormals.
    smallest: 2 ** -126,
    unavailable: null,
  },
];

/** What the process's environment asks for; without that, all that need neither flags nor a GPU. */
export const engines: readonly EngineUnderTest[] = ALL.filter(({ name, options }) => {
  const wanted = process.env.CYCLEGAN_TEST_ENGINE;
  const needsNothing = !options.allowV8Flags && options.engine !== 'webgpu';
  return wanted === undefined ? needsNothing : name === wanted;
});
