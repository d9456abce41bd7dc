import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile } from '../../src/nn/compile.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { ConvTranspose2d } from '../../src/nn/convTranspose2d.js';
import type { Module } from '../../src/nn/module.js';
import { manualSeed } from '../../src/nn/random.js';
import { openWeights } from '../../src/pth/weightFile.js';
import { saveStateDict } from '../../src/pth/write/saveStateDict.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectClose } from '../support/closeness.js';

/** Layers with weights of more than 8 MB and few pixels, as in the middle of a U-Net. */
const LAYERS: Readonly<Record<string, { make: () => Module; channels: number }>> = {
  'by input channels, 16.8 MB': {
    make: () => new ConvTranspose2d(520, 512, 4, { stride: 2, padding: 1, bias: false }),
    channels: 520,
  },
  'by output channels, 12.6 MB': {
    make: () => new Conv2d(512, 384, 4, { stride: 2, padding: 1, bias: false }),
    channels: 512,
  },
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cyclegan-parts-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(Object.entries(LAYERS))(
  'weights that are packed in parts: %s',
  (_, { make, channels }) => {
    const inputShape = [1, channels, 2, 2];
    const x = new Tensor(
      Float32Array.from({ length: channels * 4 }, (_element, i) => Math.sin(i)),
      inputShape,
    );

    it('give what the reference gives, from memory, from a file, and when they are updated', async () => {
      manualSeed(3);
      const net = make();
      const expected = await net.forward(x, { engine: 'js' });
      const path = join(folder, 'net.pth');
      await saveStateDict(net.stateDict(), path);
      const late = make();
      late.loadStateDict(await (await openWeights(path)).stateDict({ late: true }));
      const outputs: Tensor[] = [];
      for (const [module, options] of [
        [net, { threads: 1 }],
        [late, { threads: 2, blocking: true }],
        [late, { threads: 2, early: true }],
      ] as const) {
        const program = await compile(module, { engine: 'wasm', ...options, inputShape });
        outputs.push(await program.run(x));
        await program.updateParameters(make().stateDict());
        expect((await program.run(x)).data).not.toEqual(outputs[0].data);
        await program.updateParameters(late.stateDict());
        outputs.push(await program.run(x));
        program.dispose();
      }
      expectClose(outputs[0], expected, { absolute: 1e-5 });
      for (const output of outputs) expect(output.data).toEqual(outputs[0].data);
    });

    it('are refused from a file that is damaged, in the last part as in the first', async () => {
      const net = make();
      const path = join(folder, 'damaged.pth');
      await saveStateDict(net.stateDict(), path);
      const whole = readFileSync(path);
      const { size } = net.stateDict().get('weight') as Tensor;
      const start = whole.length - 4 * size - 1000;
      for (const at of [start + 2000, start + 4 * size - 2000]) {
        const bytes = Uint8Array.from(whole);
        bytes[at] ^= 1;
        writeFileSync(path, bytes);
        const late = make();
        late.loadStateDict(await (await openWeights(path)).stateDict({ late: true }));
        await expect(compile(late, { engine: 'wasm', inputShape })).rejects.toMatchObject({
          code: 'ERR_PTH_CHECKSUM',
        });
      }
    });
  },
);
