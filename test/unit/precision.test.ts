import { describe, expect, it } from 'vitest';
import type { Precision } from '../../src/engine/engine.js';
import { compile } from '../../src/nn/compile.js';
import { ReLU } from '../../src/nn/relu.js';
import { Tensor } from '../../src/tensor/tensor.js';

describe('a precision', () => {
  it.each(['js', 'wasm'] as const)('of 16 bits is refused by name: %s', async (engine) => {
    const compiling = compile(new ReLU(), { engine, precision: 'f16', inputShape: [1, 3, 4, 4] });
    await expect(compiling).rejects.toMatchObject({ code: 'ERR_PRECISION' });
    await expect(compiling).rejects.toThrow(
      `The engine ${engine} has the precision f32, but was asked for "f16"; the engine webgpu has it`,
    );
  });

  it('is refused by forward, too', async () => {
    const options = { engine: 'js', precision: 'f16' } as const;
    const running = new ReLU().forward(Tensor.zeros([1, 3, 4, 4]), options);
    await expect(running).rejects.toMatchObject({ code: 'ERR_PRECISION' });
  });

  it('that there is not is none of any engine', async () => {
    const precision = 'f64' as unknown as Precision;
    const compiling = compile(new ReLU(), { precision, inputShape: [1, 3, 4, 4] });
    await expect(compiling).rejects.toThrow('but was asked for "f64".');
  });
});
