import type { Shape } from '../tensor/shape.js';

/** Anything that has a shape: a tensor, or what a file tells of one. */
export interface Shaped {
  readonly shape: Shape;
}

interface Family {
  readonly name: string;
  /** What to do with it here. */
  readonly advice: string;
  matches(tensors: ReadonlyMap<string, Shaped>): boolean;
}

const hasKey = (pattern: RegExp) => (tensors: ReadonlyMap<string, Shaped>) =>
  [...tensors.keys()].some((key) => pattern.test(key));

/** Whether the tensor of a key is a convolution's with such a kernel. */
const hasKernel =
  (key: RegExp, size: number, most = Number.POSITIVE_INFINITY) =>
  (tensors: ReadonlyMap<string, Shaped>) =>
    [...tensors].some(
      ([name, { shape }]) =>
        key.test(name) && shape.length === 4 && shape[2] === size && shape[0] <= most,
    );

const GENERATOR_OF_IT =
  'CycleGAN training saves it beside the generators; take the file of a generator (latest_net_G_A.pth)';

/** Networks whose files people have beside a generator's, by their state dicts' keys and kernels. */
const FAMILIES: readonly Family[] = [
  {
    name: 'a U-Net generator (netG unet_128 or unet_256)',
    advice: 'only ResNet generators (resnet_9blocks, resnet_6blocks) can be run',
    matches: hasKey(/(^|\.)model\.model\.\d+\.model\.\d+\./),
  },
  {
    name: 'a PatchGAN discriminator',
    advice: GENERATOR_OF_IT,
    matches: (tensors) =>
      hasKernel(/(^|\.)model\.0\.weight$/, 4)(tensors) &&
      hasKernel(/(^|\.)model\.\d+\.weight$/, 4, 1)(tensors),
  },
  {
    name: 'a pixel discriminator',
    advice: GENERATOR_OF_IT,
    matches: (tensors) =>
      hasKernel(/(^|\.)net\.0\.weight$/, 1)(tensors) &&
      hasKernel(/(^|\.)net\.\d+\.weight$/, 1, 1)(tensors),
  },
  {
    name: 'a generator that enlarges by resizing and convolving',
    advice:
      'only those with transposed convolutions can be run, as the book and the CycleGAN authors have them',
    matches: (tensors) => hasKernel(/(^|\.)model\.1\.weight$/, 7)(tensors) && hasHalving(tensors),
  },
  {
    name: 'a classifier (ResNet, VGG or alike)',
    advice: 'it gives classes and not pictures',
    matches: hasKey(/(^|\.)(fc|classifier(\.\d+)?|head)\.weight$/),
  },
  {
    name: 'a diffusion model',
    advice: 'only ResNet generators can be run',
    matches: hasKey(/(^|\.)(time_embed|time_embedding|input_blocks|down_blocks)\./),
  },
  {
    name: 'a StyleGAN generator',
    advice: 'only ResNet generators can be run',
    matches: hasKey(/(^|\.)(mapping|synthesis|to_rgbs?|style)\./),
  },
];

/** A convolution's weight is `[out, in, 3, 3]`, a transposed one's `[in, out, 3, 3]`: only the former halves. */
function hasHalving(tensors: ReadonlyMap<string, Shaped>): boolean {
  return [...tensors.values()].some(
    ({ shape }) => shape.length === 4 && shape[2] === 3 && shape[1] === 2 * shape[0],
  );
}

/**
 * What a state dict that is no ResNet generator's looks like, and what to do: `looks like a U-Net …: …`;
 * `null` when nothing known.
 */
export function recognise(tensors: ReadonlyMap<string, Shaped>): string | null {
  const family = FAMILIES.find(({ matches }) => matches(tensors));
  return family === undefined ? null : `This looks like ${family.name}: ${family.advice}.`;
}
