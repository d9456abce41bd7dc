import { describe, expect, it } from 'vitest';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { compile } from '../../src/nn/compile.js';
import { manualSeed } from '../../src/nn/random.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectClose } from '../support/closeness.js';
import { engines } from '../support/engines.js';

/** `[inputNc, outputNc, ngf, nBlocks]` and an input: odd widths, one and four channels, batches. */
const CASES: readonly [config: [number, number, number, number], input: number[]][] = [
  [
    [3, 3, 1, 1],
    [1, 3, 5, 5],
  ],
  [
    [3, 3, 3, 2],
    [2, 3, 9, 31],
  ],
  [
    [1, 4, 5, 1],
    [3, 1, 17, 6],
  ],
  [
    [4, 1, 8, 1],
    [1, 4, 300, 17],
  ],
  [
    [3, 5, 12, 1],
    [1, 3, 22, 23],
  ],
  [
    [3, 3, 16, 2],
    [1, 3, 64, 79],
  ],
  [
    [3, 3, 6, 0],
    [4, 3, 13, 8],
  ],
  [
    [2, 2, 4, 1],
    [2, 33, 30],
  ],
  // Enough pixels for larger tiles, enough channels for kernels that are not kept.
  [
    [3, 3, 32, 1],
    [1, 3, 116, 156],
  ],
];

describe.each(engines)('odd shapes on $name', ({ options, tolerance, unavailable }) => {
  it.skipIf(unavailable !== null).each(CASES)('%s of %s', async (config, shape) => {
    manualSeed(config[2]);
    const netG = new ResNetGenerator(...config).eval();
    const input = wave(shape);
    const expected = await netG.forward(input, { engine: 'js', blocking: true });
    const program = await compile(netG, { ...options, inputShape: shape });
    expectClose(await program.run(input), expected, { absolute: tolerance });
    // The same bits every time, for every number of threads and of pictures at once.
    const again = await program.run(input, { blocking: true });
    for (const threads of [1, 3]) {
      const other = await compile(netG, { ...options, threads, inputShape: shape });
      expect((await other.run(input)).data).toEqual(again.data);
      other.dispose();
    }
    expect(program.fallbacks).toEqual([]);
    program.dispose();
  });
});

describe.each(engines)('$name', ({ name, options, unavailable }) => {
  it.skipIf(unavailable !== null)('is what was asked for, after its self-check', async () => {
    const netG = new ResNetGenerator(1, 1, 1, 0).eval();
    const program = await compile(netG, { ...options, inputShape: [1, 1, 8, 8] });
    const wanted = options.variant === undefined ? 'plain loops' : `variant ${options.variant},`;
    expect(program.details[0], name).toContain(wanted);
    program.dispose();
  });
});

function wave(shape: readonly number[]): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return new Tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(i * 0.37) * Math.cos(i * i * 0.001)),
    shape,
  );
}
