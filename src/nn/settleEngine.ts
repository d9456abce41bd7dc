import type { EngineOptions } from '../engine/engine.js';
import { compile } from './compile.js';
import { ReLU } from './relu.js';

/**
 * Has the engine choose its machine code, and set V8's flags where it may, before other modules of this process compile WebAssembly: for what
 * runs for long. Where the flags come after code that counts its calls, as libwebp's does, Node 24 ends by SIGSEGV when it makes that code
 * faster (seen in 24.22, with two good pictures and a damaged one). It takes as long as a first program does, which is faster then.
 *
 * @throws CycleganError for an unknown engine, or one that cannot run here.
 */
export async function settleEngine(options: EngineOptions = {}): Promise<void> {
  const program = await compile(new ReLU(), { ...options, inputShape: [1, 1, 1, 1] });
  program.dispose();
}
