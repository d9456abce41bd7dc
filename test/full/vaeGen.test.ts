import { expect, it } from 'vitest';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { VAEGen } from '../../src/generator/unit/vaeGen.js';
import { manualSeed } from '../../src/nn/random.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { maxAbsDifference } from '../support/closeness.js';

// As UNIT's test script does it: `gen_b.decode(gen_a.encode(image))`.
it("UNIT's encoder of one domain and decoder of the other make a translation", async () => {
  manualSeed(1);
  const [a, b] = [0, 1].map(() => new VAEGen(3, { dim: 2, nRes: 1 }).eval());
  const both = Object.entries({ a, b }).flatMap(([name, net]) =>
    [...net.stateDict()].map(([key, tensor]) => [`${name}.${key}`, tensor] as const),
  );
  const file = encodeStateDict(new Map(both), 'gen.pth');
  const open = (key: string) => openGenerator(file, { key });
  const x = new Tensor(
    Float32Array.from({ length: 3 * 16 * 20 }, (_, i) => Math.sin(i)),
    [1, 3, 16, 20],
  );

  const expected = await b.dec.forward(await a.enc.forward(x));
  const translation = await open('a.enc+b.dec');
  const made = await translation.module.forward(x);
  expect(maxAbsDifference(made.data, expected.data)).toBeLessThan(1e-5);
  expect(translation.notes).toEqual([
    expect.stringContaining('--key a.enc+b.dec'),
    expect.stringContaining('activ and pad_type'),
  ]);
  const own = await (await open('a')).module.forward(x);
  expect(own.data).toEqual((await a.forward(x)).data);
  expect(maxAbsDifference(own.data, expected.data)).toBeGreaterThan(0.01);
  await expect(openGenerator(file)).rejects.toThrow('"a", "b"');
});
