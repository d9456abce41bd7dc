import { describe, expect, it } from 'vitest';
import { compile } from '../../src/nn/compile.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { manualSeed } from '../../src/nn/random.js';
import { ReLU } from '../../src/nn/relu.js';
import { Sequential } from '../../src/nn/sequential.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectClose } from '../support/closeness.js';
import { engines } from '../support/engines.js';

describe.each(engines)('a huge value on $name', ({ options, unavailable }) => {
  it.skipIf(unavailable !== null).each([1e19, -1e37])(
    'of %f leaves alone what does not read it, and the next run',
    async (value) => {
      manualSeed(3);
      // The first layer reads planes, the second pixels.
      const conv = (from: number, to: number, kernel: number) =>
        new Conv2d(from, to, kernel, { padding: kernel >> 1 });
      const module = new Sequential(conv(3, 16, 7), new ReLU(), conv(16, 16, 3)).eval();
      const inputShape = [1, 3, 29, 34];
      const data = Float32Array.from({ length: 3 * 29 * 34 }, (_, i) => Math.sin(i * i * 0.37));
      const program = await compile(module, { ...options, inputShape });
      const before = await program.run(new Tensor(data, inputShape));
      const huge = new Tensor(data.slice(), inputShape);
      huge.data[1200] = value;
      const expected = await module.forward(huge, { engine: 'js' });
      for (const blocking of [true, false]) {
        const found = await program.run(huge, { blocking });
        expectClose(found, expected, { absolute: 5e-5, relative: 1e-5 });
      }
      expect((await program.run(new Tensor(data, inputShape))).data).toEqual(before.data);
      program.dispose();
    },
  );
});
