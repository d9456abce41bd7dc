import { describe, expect, it } from 'vitest';
import { BatchNorm2d } from '../../src/nn/batchNorm2d.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { ConvTranspose2d } from '../../src/nn/convTranspose2d.js';
import { type InitType, type InitWeightsOptions, initWeights } from '../../src/nn/initWeights.js';
import { InstanceNorm2d } from '../../src/nn/instanceNorm2d.js';
import { Linear } from '../../src/nn/linear.js';
import { manualSeed } from '../../src/nn/random.js';
import { Sequential } from '../../src/nn/sequential.js';
import type { Tensor } from '../../src/tensor/tensor.js';

const GAIN = 0.02;

function net(): Sequential {
  return new Sequential(
    new Conv2d(20, 30, 5),
    new BatchNorm2d(3000),
    new ConvTranspose2d(40, 20, 3),
    new Linear(60, 50),
    new InstanceNorm2d(8, { affine: true }),
  );
}

function weightsOf(type: InitType, seed = 5) {
  const made = net();
  initWeights(made, { type, seed });
  const tensors = made.stateDict();
  return (key: string) => tensors.get(key) as Tensor;
}

/** Mean and deviation, each with five times its own deviation. */
function expectNormal({ data }: Tensor, mean: number, deviation: number): void {
  const found = data.reduce((sum, value) => sum + value, 0) / data.length;
  const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length;
  expect(Math.abs(found - mean)).toBeLessThan((5 * deviation) / Math.sqrt(data.length));
  expect(Math.abs(Math.sqrt(variance) / deviation - 1)).toBeLessThan(
    5 / Math.sqrt(2 * data.length),
  );
  // Of a normal distribution, 4.55 % are further off than two deviations.
  const far = data.filter((value) => Math.abs(value - mean) > 2 * deviation).length / data.length;
  expect(Math.abs(far - 0.0455)).toBeLessThan(5 * Math.sqrt(0.0455 / data.length));
}

describe('weights are drawn', () => {
  // Fans of [30, 20, 5, 5], [40, 20, 3, 3] and [50, 60], as torch.nn.init counts them.
  const fans = { 0: [500, 750], 2: [180, 360], 3: [60, 50] } as const;

  it.each([
    ['normal', () => GAIN],
    ['xavier', (fanIn: number, fanOut: number) => GAIN * Math.sqrt(2 / (fanIn + fanOut))],
    ['kaiming', (fanIn: number) => Math.sqrt(2 / fanIn)],
  ] as const)('%s', (type, deviation) => {
    const weight = weightsOf(type);
    for (const [layer, [fanIn, fanOut]] of Object.entries(fans)) {
      expectNormal(weight(`${layer}.weight`), 0, deviation(fanIn, fanOut));
    }
  });

  it.each([
    ['0.weight', 30],
    ['2.weight', 40],
    ['3.weight', 50],
  ])('orthogonal: %s', (key, rows) => {
    const { data } = weightsOf('orthogonal')(key);
    const columns = data.length / rows;
    const product = (i: number, j: number) => {
      let sum = 0;
      for (let k = 0; k < columns; k++) sum += data[i * columns + k] * data[j * columns + k];
      return sum / GAIN ** 2;
    };
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < rows; j++) expect(product(i, j)).toBeCloseTo(i === j ? 1 : 0, 5);
    }
    expectNormal({ data } as Tensor, 0, GAIN / Math.sqrt(columns));
  });

  it('orthogonal by columns, where they are fewer', () => {
    const made = new Linear(4, 9);
    initWeights(made, { type: 'orthogonal', gain: 1 });
    const { data } = made.weight.tensor;
    for (let i = 0; i < 4; i++) {
      for (let j = 0; j < 4; j++) {
        let sum = 0;
        for (let row = 0; row < 9; row++) sum += data[row * 4 + i] * data[row * 4 + j];
        expect(sum).toBeCloseTo(i === j ? 1 : 0, 5);
      }
    }
  });

  it('around 1 for norms, with biases of 0, and other layers stay', () => {
    const weight = weightsOf('xavier');
    expectNormal(weight('1.weight'), 1, GAIN);
    for (const key of ['0.bias', '1.bias', '2.bias', '3.bias']) {
      expect(weight(key).data.every((value) => value === 0)).toBe(true);
    }
    expect(weight('1.running_var').data.every((value) => value === 1)).toBe(true);
    expect(weight('4.weight').data.every((value) => value === 1)).toBe(true);
  });
});

describe('a seed', () => {
  const first = (options: InitWeightsOptions = {}) => {
    const made = new Linear(30, 30);
    initWeights(made, options);
    return [...made.weight.tensor.data.subarray(0, 5)];
  };

  it('settles them', () => {
    expect(first({ seed: 5 })).toEqual(first({ seed: 5 }));
    expect(first({ seed: 5 })).not.toEqual(first({ seed: 6 }));
  });

  it('may be that of manualSeed', () => {
    const drawn = (seed: number) => {
      manualSeed(seed);
      return [first(), first()];
    };
    expect(drawn(3)).toEqual(drawn(3));
    expect(drawn(3)).not.toEqual(drawn(4));
  });

  it('gives each layer other weights', () => {
    const layers = [new Linear(30, 30), new Linear(30, 30)];
    initWeights(new Sequential(...layers), { seed: 1 });
    const [a, b] = layers.map(({ weight }) => weight.tensor.data);
    const product = a.reduce((sum, value, i) => sum + value * b[i], 0);
    expect(Math.abs(product / a.length / GAIN ** 2)).toBeLessThan(5 / Math.sqrt(a.length));
  });
});

it('other types, and gains that are none, are refused', () => {
  expect(() => initWeights(net(), { type: 'toString' as InitType })).toThrow(
    /normal, xavier, kaiming, orthogonal, but not "toString"/,
  );
  expect(() => initWeights(net(), { gain: Number.NaN })).toThrow(/gain/);
});
