import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { manualSeed } from '../../src/nn/random.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectClose } from '../support/closeness.js';
import { EnginePage } from '../support/enginePage/enginePage.js';
import type { Elements, Task } from '../support/enginePage/tasks.js';
import { tensorAt } from '../support/fixtures.js';
import { golden, goldenBytes, goldenNumbers } from '../support/golden.js';
import { operatorSuite } from '../support/operatorSuite.js';
import { missingChromium } from '../support/pageHost.js';
import type { OperatorRunner } from '../support/runOperator.js';

const ENGINE = { engine: 'webgpu' } as const;
/** Of the small generators, from double precision. */
const TOLERANCE = 5e-5;

let page: EnginePage;

/** A case of the suite, in the window. */
const inWindow: OperatorRunner = async ({ op, params, weights, input }, options) => {
  const task = {
    ...({ kind: 'operator', op, params, options, input: elementsOf(input) } as const),
    weights: [...weights].map(([key, tensor]) => ({ key, ...elementsOf(tensor) })),
  };
  const { output, fallbacks } = await page.perform(task, 'window');
  return { output: tensorOf(output), fallbacks };
};

function tensorOf({ data, shape }: Elements): Tensor {
  return new Tensor(data, shape);
}

function elementsOf({ shape, data }: Tensor) {
  return { shape: [...shape], data };
}

function networkTask(file: Uint8Array, input: Tensor): Extract<Task, { kind: 'network' }> {
  return { kind: 'network', file, traits: {}, input: elementsOf(input), options: ENGINE };
}

describe.skipIf(missingChromium !== null)('in Chromium', () => {
  beforeAll(async () => {
    page = await EnginePage.open(['--enable-unsafe-webgpu']);
  });
  afterAll(() => page?.close());

  describe('operators against PyTorch, in a window', () => {
    operatorSuite(golden.operators, () => goldenNumbers, inWindow);
  });

  describe.each(golden.generators)('the generator $name, in a worker', (one) => {
    it("gives PyTorch's output", async () => {
      const task = networkTask(goldenBytes(one.files.zip), tensorAt(goldenNumbers, one.input));
      const { output, fallbacks } = await page.perform(task, 'worker');
      const expected = tensorAt(goldenNumbers, one.output);
      expectClose(tensorOf(output), expected, { absolute: TOLERANCE });
      expect(fallbacks).toEqual([]);
    });
  });

  describe('a network in a worker', () => {
    const shape = [2, 3, 16, 20];
    const data = Float32Array.from({ length: 2 * 3 * 16 * 20 }, (_, i) => Math.sin(i * 0.37));
    const input = new Tensor(data, shape);
    manualSeed(5);
    const file = encodeStateDict(new ResNetGenerator(3, 3, 8, 1).eval().stateDict(), 'net.pth');

    it('goes up once a picture and comes back once, with what the reference makes of it', async () => {
      const found = await page.perform(networkTask(file, input), 'worker');
      const { module } = await openGenerator(file);
      const expected = await module.forward(input, { engine: 'js' });
      expectClose(tensorOf(found.output), expected, { absolute: TOLERANCE });
      const bytes = 4 * data.length;
      expect(found.transfers).toEqual({
        ...{ submissions: 2, uploads: 2, uploadedBytes: bytes },
        ...{ readbacks: 1, readBytes: bytes },
      });
      expect(found.details).toContain('variant winograd');
    });

    it('survives the loss of its GPU', async () => {
      // By the method whose kernels take a processor least to compile: it does so twice.
      const options = { ...ENGINE, variant: 'direct' };
      const task = { ...networkTask(file, input), options, losesDevice: true };
      const { output, again } = await page.perform(task, 'worker');
      expect(again).toEqual(output);
    });
  });
});
