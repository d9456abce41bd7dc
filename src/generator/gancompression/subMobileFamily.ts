import type { Shaped } from '../../nn/loadStateDict.js';
import { type Family, MisfitError, type PaddingKind, USUAL_TRAITS } from '../family.js';
import { convolutionAt } from '../keyReading.js';
import { withPaddingType } from '../paddingType.js';
import { ANCHOR, blocksOf, hasSeparableBlocks } from './mobileKeys.js';
import { SubMobileResnetGenerator } from './subMobileResnetGenerator.js';

/** What a file tells of a generator that gan-compression made smaller. */
export type SubMobileResnetConfig = {
  readonly inputNc: number;
  readonly outputNc: number;
  readonly channels: readonly number[];
  readonly nBlocks: number;
  readonly paddingType: PaddingKind;
  readonly legacy: boolean;
};

/** Generators that gan-compression made smaller. */
export const subMobileFamily: Family<SubMobileResnetConfig, SubMobileResnetGenerator> = {
  name: 'gan-compression-sub-mobile',
  title: 'a gan-compression SubMobileResnetGenerator',
  repository: 'mit-han-lab/gan-compression',
  className: 'SubMobileResnetGenerator',
  anchor: ANCHOR,
  matches: hasSeparableBlocks,
  infer,
  build: ({ inputNc, outputNc, channels, nBlocks, ...options }) =>
    new SubMobileResnetGenerator(inputNc, outputNc, { channels }, nBlocks, options),
  describe: ({ inputNc, outputNc, channels, nBlocks, legacy, paddingType }) =>
    `SubMobileResnetGenerator(${inputNc}, ${outputNc}, [${channels.join(', ')}], ${nBlocks})${legacy ? ', legacy' : ''}${paddingType === 'reflect' ? '' : `, ${paddingType} padding`}`,
  withPadding: withPaddingType,
  traits: ({ inputNc, outputNc, paddingType }) => ({
    ...USUAL_TRAITS,
    inputChannels: inputNc,
    outputChannels: outputNc,
    padding: paddingType,
  }),
};

function infer(tensors: ReadonlyMap<string, Shaped>): SubMobileResnetConfig {
  const first = convolutionAt(tensors, ANCHOR.key, 7);
  const { nBlocks, paddingType, hidden } = blocksOf(tensors);
  const width = (index: number, times: number, side: 'first' | 'second') => {
    const key = `model.${index}.weight`;
    return divided(key, convolutionAt(tensors, key)[side], times);
  };
  const down = [first.first, width(4, 2, 'first'), width(7, 4, 'first')];
  const up = [width(10 + nBlocks, 2, 'second'), width(13 + nBlocks, 1, 'second')];
  const last = convolutionAt(tensors, `model.${17 + nBlocks}.weight`, 7);
  const within = hidden.map((channels) => divided('conv_block', channels, 4));
  if (new Set([...down, ...within, ...up]).size === 1) {
    throw new MisfitError(ANCHOR.key, 'all of its widths are one, as in a MobileResnetGenerator');
  }
  const { widths, legacy } = blockWidths(within, down[2]);
  return {
    inputNc: first.second,
    outputNc: last.first,
    channels: [...down, ...widths, ...up],
    nBlocks,
    paddingType,
    legacy,
  };
}

/** The widths within blocks as the constructor takes them: one for all, or one for each three. */
function blockWidths(
  within: readonly number[],
  outside: number,
): { widths: readonly number[]; legacy: boolean } {
  const legacy = within.some((width, i) => width !== within[i - (i % 3)]);
  const ofThrees = [0, 3, 6].map((i) => within[i] ?? within[0]);
  const isOther = (width: number, i: number) => legacy && i % 3 > 0 && width !== outside;
  if (within.some(isOther)) {
    throw new MisfitError('conv_block', 'the widths of its blocks follow no pattern');
  }
  return { widths: new Set(ofThrees).size === 1 ? [within[0]] : ofThrees, legacy };
}

function divided(key: string, channels: number, times: number): number {
  if (channels % times === 0) return channels / times;
  throw new MisfitError(key, `${channels} channels of ${key} are no multiple of ${times}`);
}
