import { expect, it } from 'vitest';
import { exportOnnx } from '../../src/export/onnx/exportOnnx.js';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { Photo2CartoonGenerator } from '../../src/generator/photo2cartoon/photo2CartoonGenerator.js';
import { manualSeed } from '../../src/nn/random.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { Tensor } from '../../src/tensor/tensor.js';

// The class has layers that it never uses: their weights are in its files, and in no ONNX model.
it("photo2cartoon's generator is read from its file and from an ONNX model alike", async () => {
  manualSeed(1);
  const netG = new Photo2CartoonGenerator(4, 256, true).eval();
  const x = new Tensor(
    Float32Array.from({ length: 3 * 32 * 32 }, (_, i) => Math.sin(i)),
    [1, 3, 32, 32],
  );
  const expected = (await netG.forward(x)).data;
  for (const [file, unusedLayers] of [
    [encodeStateDict(netG.stateDict(), 'net.pth'), true],
    [exportOnnx(netG, x.shape), false],
  ] as const) {
    const { module, config, notes } = await openGenerator(file);
    expect(config).toEqual({ ngf: 4, imgSize: null, unusedLayers });
    expect(notes).toEqual([expect.stringContaining('finds the face first')]);
    expect((await module.forward(x)).data).toEqual(expected);
  }
});
