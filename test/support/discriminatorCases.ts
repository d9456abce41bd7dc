import { NLayerDiscriminator } from '../../src/discriminator/nLayerDiscriminator.js';
import type { DiscriminatorNorm } from '../../src/discriminator/norm.js';
import { PixelDiscriminator } from '../../src/discriminator/pixelDiscriminator.js';
import type { Module } from '../../src/nn/module.js';
import { casesIn, type FamilyCase } from './familyCases.js';

/** Small discriminators, and what PyTorch computes with them: made by `test/golden/make_discriminators.py`. */
export const discriminatorCases: readonly FamilyCase[] = casesIn('discriminators');

/** The network of a case, whose weights are yet to be loaded. */
export function buildDiscriminator({ family, config }: FamilyCase): Module {
  const { inputNc, ndf, nLayers, norm } = config as {
    inputNc: number;
    ndf: number;
    nLayers: number;
    norm: DiscriminatorNorm;
  };
  return family === 'NLayerDiscriminator'
    ? new NLayerDiscriminator(inputNc, ndf, nLayers, { norm })
    : new PixelDiscriminator(inputNc, ndf, { norm });
}
