import { NLayerDiscriminator } from '../../discriminator/nLayerDiscriminator.js';
import type { DiscriminatorNorm } from '../../discriminator/norm.js';
import { CycleganError } from '../../errors.js';
import { StateDictError } from '../../nn/loadStateDict.js';
import { openWeights } from '../../pth/weightFile.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { TrainSettings } from '../options/trainOptions.js';

/** A discriminator, and what makes another one. */
export interface OpenedDiscriminator {
  readonly module: NLayerDiscriminator;
  readonly config: DiscriminatorConfig;
}

/** A type alias fits where JSON is asked for, an interface does not. */
export type DiscriminatorConfig = {
  readonly netD: 'n_layers';
  readonly inputNc: number;
  readonly ndf: number;
  readonly nLayers: number;
  readonly norm: DiscriminatorNorm;
};

/** A discriminator as the options have it; its weights are yet to be drawn. */
export function newDiscriminator({ ndf, nLayersD, norm }: TrainSettings): OpenedDiscriminator {
  return build({ netD: 'n_layers', inputNc: 3, ndf, nLayers: nLayersD, norm });
}

function build(config: DiscriminatorConfig): OpenedDiscriminator {
  const { inputNc, ndf, nLayers, norm } = config;
  return { config, module: new NLayerDiscriminator(inputNc, ndf, nLayers, { norm }) };
}

/**
 * The CycleGAN authors' discriminator from its file.
 * @throws CycleganError `ERR_TRAIN_NETWORK` where the file is none; PthError or FileError where it cannot be read.
 */
export async function openDiscriminator(path: string): Promise<OpenedDiscriminator> {
  const stateDict = withoutPrefix(await (await openWeights(path)).stateDict());
  const first = stateDict.get('model.0.weight');
  const convolutions = [...stateDict].filter(([, { shape }]) => shape.length === 4);
  if (first?.shape.length !== 4 || first.shape[1] !== 3 || convolutions.length < 3) {
    throw notOne(path, 'its first layer is no convolution of pictures of three channels');
  }
  const norm = normOf(stateDict);
  const opened = build({
    netD: 'n_layers',
    inputNc: 3,
    ndf: first.shape[0],
    nLayers: convolutions.length - 2,
    norm,
  });
  try {
    opened.module.loadStateDict(stateDict);
  } catch (error) {
    if (!(error instanceof StateDictError)) throw error;
    throw notOne(path, error.message.replace(/\.$/, ''));
  }
  return opened;
}

/** Running statistics of instance norms, as PyTorch's versions of 2018 saved them, are not used in training. */
function withoutPrefix(stateDict: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  const entries = [...stateDict].map(
    ([key, tensor]) => [key.replace(/^module\./, ''), tensor] as const,
  );
  const hasInstanceNorms = entries.some(([key]) => key === 'model.2.bias');
  return new Map(entries.filter(([key]) => !hasInstanceNorms || !/running_|num_batches/.test(key)));
}

/** Convolutions in front of instance norms have biases; batch norms have weights of one dimension. */
function normOf(stateDict: ReadonlyMap<string, Tensor>): DiscriminatorNorm {
  if (stateDict.has('model.2.bias')) return 'instance';
  return stateDict.has('model.3.running_mean') ||
    stateDict.get('model.3.weight')?.shape.length === 1
    ? 'batch'
    : 'none';
}

function notOne(path: string, reason: string): CycleganError {
  return new CycleganError(
    'ERR_TRAIN_NETWORK',
    `${path}: this is not a PatchGAN discriminator of the CycleGAN authors that can be trained; ${reason}.`,
  );
}
