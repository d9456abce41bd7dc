import { openGenerator } from '../../generator/openGenerator.js';
import { type OpenWeightsOptions, openWeights, type WeightSource } from '../../pth/weightFile.js';
import { discriminatorFeatures } from './discriminatorFeatures.js';
import type { FeatureSource } from './featureSource.js';
import { generatorFeatures } from './generatorFeatures.js';
import { vggFeatures } from './vggFeatures.js';

/** In the order in which they are tried; generators, of which there are many, come last. */
const KINDS = [discriminatorFeatures, vggFeatures];

/**
 * A network that gives features of pictures, from its weight file: a discriminator of the CycleGAN authors, a VGG of torchvision, or
 * a generator of any family.
 *
 * @throws StateDictError when it is none of them; PthError, FileError or DownloadError when it cannot be read.
 */
export async function openFeatureNetwork(
  source: WeightSource,
  options: OpenWeightsOptions = {},
): Promise<FeatureSource> {
  const file = await openWeights(source, options);
  const stateDict = await file.stateDict();
  for (const kind of KINDS) {
    const found = kind(stateDict);
    if (found !== null) return found;
  }
  return generatorFeatures(await openGenerator(source, options));
}
