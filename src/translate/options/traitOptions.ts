import type { PaddingKind, TraitOptions, ValueRange } from '../../generator/family.js';
import { type OptionSource, type PictureOption, readChoice } from './optionSource.js';

const RANGES: ReadonlyMap<string, ValueRange> = new Map([
  ['0..1', [0, 1]],
  ['-1..1', [-1, 1]],
  ['0..255', [0, 255]],
]);

const STATISTICS = new Map([
  ['own', 'own'],
  ['running', 'running'],
] as const);

const PADDINGS: ReadonlyMap<string, PaddingKind> = new Map([
  ['reflect', 'reflect'],
  ['replicate', 'replicate'],
  ['zero', 'zero'],
]);

function words(choices: ReadonlyMap<string, unknown>): PictureOption['schema'] {
  return { type: 'string', enum: [...choices.keys()] };
}

const SWITCH = { type: 'boolean', default: false };

/** What a file does not tell of its generator, for those who feed it with pictures or save it. */
export const TRAIT_OPTIONS = {
  'input-range': {
    type: 'string',
    value: '0..1|-1..1|0..255',
    help: 'what the darkest and the brightest byte become on the way into the network; default: as it was trained',
    schema: words(RANGES),
  },
  bgr: {
    type: 'boolean',
    help: 'the network has blue first, on both ways, as OpenCV has it',
    schema: SWITCH,
  },
  statistics: {
    type: 'string',
    value: 'own|running',
    help: "which mean and variance norms use that have running ones: the picture's own, or those of training; default: as its authors' test script does",
    schema: words(STATISTICS),
  },
  residual: {
    type: 'boolean',
    help: 'the network adds its input to what its layers make, as DeblurGAN does',
    schema: SWITCH,
  },
  'residual-tanh': {
    type: 'boolean',
    help: 'the network adds its input before the tanh in which its layers end, as Mask-ShadowGAN does',
    schema: SWITCH,
  },
  padding: {
    type: 'string',
    value: 'reflect|replicate|zero',
    help: 'what lies around the picture within residual blocks, where keys do not tell; default: reflect',
    schema: words(PADDINGS),
  },
} as const satisfies Readonly<Record<string, PictureOption>>;

/** @throws What the source has for refusals, for a value that makes no sense. */
export function readTraits(source: OptionSource): TraitOptions {
  const { flag } = source;
  return {
    inputRange: readChoice(source, 'input-range', RANGES),
    channelOrder: flag('bgr') ? 'bgr' : undefined,
    statistics: readChoice(source, 'statistics', STATISTICS),
    padding: readChoice(source, 'padding', PADDINGS),
    residual: readResidual(source),
  };
}

function readResidual({ flag, label, error }: OptionSource): TraitOptions['residual'] {
  if (!flag('residual-tanh')) return flag('residual') ? true : undefined;
  if (!flag('residual')) return 'tanh';
  throw error(
    `${label('residual')} and ${label('residual-tanh')} are two kinds of network: give one of them.`,
  );
}
