import type { PaddingKind, TraitOptions, ValueRange } from '../../generator/family.js';
import { type Invocation, type OptionSpec, UsageError } from '../usage.js';

/** What a file does not tell of its generator, for commands that feed it with pictures or save it. */
export const TRAIT_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  'input-range': {
    type: 'string',
    value: '0..1|-1..1|0..255',
    help: 'what the darkest and the brightest byte become on the way into the network; default: as it was trained',
  },
  bgr: { type: 'boolean', help: 'the network has blue first, on both ways, as OpenCV has it' },
  statistics: {
    type: 'string',
    value: 'own|running',
    help: "which mean and variance norms use that have running ones: the picture's own, or those of training; default: as its authors' test script does",
  },
  residual: {
    type: 'boolean',
    help: 'the network adds its input to what its layers make, as DeblurGAN does',
  },
  'residual-tanh': {
    type: 'boolean',
    help: 'the network adds its input before the tanh in which its layers end, as Mask-ShadowGAN does',
  },
  padding: {
    type: 'string',
    value: 'reflect|replicate|zero',
    help: 'what lies around the picture within residual blocks, where keys do not tell; default: reflect',
  },
};

/** @throws UsageError for a value that makes no sense. */
export function readTraits(invocation: Invocation): TraitOptions {
  const { text, flag } = invocation;
  return {
    inputRange: readChoice('input-range', text('input-range'), RANGES),
    channelOrder: flag('bgr') ? 'bgr' : undefined,
    statistics: readChoice('statistics', text('statistics'), STATISTICS),
    padding: readChoice('padding', text('padding'), PADDINGS),
    residual: readResidual(invocation),
  };
}

function readResidual({ flag }: Invocation): TraitOptions['residual'] {
  if (!flag('residual-tanh')) return flag('residual') ? true : undefined;
  if (!flag('residual')) return 'tanh';
  throw new UsageError(
    '--residual and --residual-tanh are two kinds of network: give one of them.',
  );
}

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

function readChoice<T>(
  option: string,
  text: string | undefined,
  choices: ReadonlyMap<string, T>,
): T | undefined {
  if (text === undefined) return undefined;
  const choice = choices.get(text);
  if (choice !== undefined) return choice;
  throw new UsageError(`--${option} takes ${[...choices.keys()].join(', ')}, but got "${text}".`);
}
