import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/nn/compile.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { InstanceNorm2d } from '../../src/nn/instanceNorm2d.js';
import { manualSeed } from '../../src/nn/random.js';
import { ReLU } from '../../src/nn/relu.js';
import { Sequential } from '../../src/nn/sequential.js';
import { elementSource, readerOf } from '../../src/tensor/elementSource.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { engines } from '../support/engines.js';

manualSeed(5);
const network = new Sequential(
  new Conv2d(3, 16, 7, { padding: 3 }),
  new InstanceNorm2d(16),
  new ReLU(),
  new Conv2d(16, 3, 3),
).eval();

/** A tensor whose elements are yet to be fetched, and how often they were. */
function deferred(data: Float32Array, shape: readonly number[]) {
  const fetches: number[] = [];
  const input = new Tensor((to: Float32Array) => {
    fetches.push(to.length);
    to.set(data);
  }, shape);
  return { input, fetches };
}

const wave = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(i * i * 0.37));

describe.each(engines)('an output that is read in place on $name', ({ options, unavailable }) => {
  it.skipIf(unavailable !== null).each([
    ['one picture', [1, 3, 21, 34]],
    ['a picture without a batch', [3, 21, 34]],
    ['a batch', [2, 3, 21, 34]],
  ])('is what run gives of %s', async (_, inputShape) => {
    const program = await compile(network, { ...options, inputShape });
    const data = wave(inputShape.reduce((a, b) => a * b));
    const expected = await program.run(new Tensor(data, inputShape));
    for (const blocking of [true, false]) {
      const { input } = deferred(data, inputShape);
      const found = await program.runReading(input, (output) => output.slice(), { blocking });
      expect(found).toEqual(expected.data);
    }
    program.dispose();
  });

  it.skipIf(unavailable !== null)('is what run gives, part by part from a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cyclegan-scratch-'));
    const inputShape = [1, 3, 51, 34];
    const inFile = { economy: 'scratch', scratch: folder };
    const program = await compile(network, { ...options, ...inFile, inputShape });
    const data = wave(3 * 51 * 34);
    const expected = await program.run(new Tensor(data, inputShape));
    // No more than a part is asked for at a time.
    const source = elementSource(() => readerOf(data));
    const parts = Object.assign(() => expect.unreachable(), { begin: source.begin });
    const input = new Tensor(options.engine === 'wasm' ? parts : source, inputShape);
    const found = await program.runReadingParts(input, (part) => {
      const size = expected.data.length;
      const made = new Float32Array(size);
      for (let to = size; to > 0; to -= 97) {
        const from = Math.max(0, to - 97);
        made.set(part(from, to - from), from);
      }
      return made;
    });
    expect(found).toEqual(expected.data);
    program.dispose();
    rmSync(folder, { recursive: true });
  });

  it.skipIf(unavailable !== null)('is what run gives where values are huge', async () => {
    const inputShape = [1, 3, 21, 34];
    const program = await compile(network, { ...options, inputShape });
    const data = wave(3 * 21 * 34);
    data[500] = 1e19;
    const expected = await program.run(new Tensor(data, inputShape));
    const { input } = deferred(data, inputShape);
    const found = await program.runReading(input, (output) => output.slice());
    expect(found).toEqual(expected.data);
    program.dispose();
  });

  it.skipIf(unavailable !== null)('leaves the next run to others when reading fails', async () => {
    const inputShape = [1, 3, 21, 34];
    const program = await compile(network, { ...options, inputShape });
    const input = new Tensor(wave(3 * 21 * 34), inputShape);
    const fail = () => {
      throw new Error('the disk is full');
    };
    await expect(program.runReading(input, fail)).rejects.toThrow('the disk is full');
    const failing = new Tensor(fail, inputShape);
    await expect(program.runReading(failing, () => 0)).rejects.toThrow('the disk is full');
    const expected = await network.forward(input, options);
    expect((await program.run(input)).data).toEqual(expected.data);
    program.dispose();
  });

  it.skipIf(unavailable !== null || options.engine !== 'wasm')(
    'and the input as it is fetched, are kept nowhere else',
    async () => {
      const inputShape = [1, 3, 21, 34];
      const program = await compile(network, { ...options, inputShape });
      const { input, fetches } = deferred(wave(3 * 21 * 34), inputShape);
      const places = [0, 1].map(() => program.runReading(input, ({ buffer }) => buffer));
      const [first, second] = await Promise.all(places);
      expect(first).toBe(second);
      expect(fetches).toEqual([3 * 21 * 34, 3 * 21 * 34]);
      expect(input.isDeferred).toBe(true);
      program.dispose();
    },
  );
});
