import { expect, it } from 'vitest';
import {
  AttentionGANGenerator,
  Photo2CartoonGenerator,
  ResnetGeneratorOur,
  UGATITGenerator,
} from '../../src/generator/index.js';
import { Tensor } from '../../src/tensor/tensor.js';

it.each([
  [new ResnetGeneratorOur(3, 3, 2, 1), 'multiples of 4', [24, 34]],
  [new AttentionGANGenerator(2, 1), 'multiples of 4', [34, 24]],
  [new Photo2CartoonGenerator(4, 32, true), 'multiples of 16', [32, 40]],
  [new Photo2CartoonGenerator(4, 32), '32, as it has weights for each pixel', [32, 48]],
  [new UGATITGenerator(3, 3, 2, 1, 16), '16, as it has weights for each pixel', [16, 32]],
])('says which sides it takes: %#', async (network, wanted, [height, width]) => {
  await expect(network.forward(Tensor.zeros([1, 3, height, width]))).rejects.toThrow(
    `${network.constructor.name}: sides must be ${wanted}, but got ${height} × ${width}.`,
  );
});

it('an image size that cannot be halved as often as the network does is refused', () => {
  expect(() => new UGATITGenerator(3, 3, 2, 1, 18)).toThrow('imgSize must be a multiple of 4');
  expect(() => new Photo2CartoonGenerator(4, 40)).toThrow('imgSize one of 16');
  expect(() => new Photo2CartoonGenerator(6, 32)).toThrow('ngf must be a multiple of 4');
});
