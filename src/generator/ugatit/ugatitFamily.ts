import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, MisfitError, USUAL_TRAITS } from '../family.js';
import { convolutionAt, countIndices } from '../keyReading.js';
import { imgSizeOf, onlySize } from '../layers/imgSize.js';
import { hasAnchor } from '../ownKeys.js';
import { withoutUnusedStatistics } from '../unusedStatistics.js';
import { UGATITGenerator } from './ugatitGenerator.js';

/** What a file tells of U-GAT-IT's generator. */
export type UGATITConfig = {
  readonly inputNc: number;
  readonly outputNc: number;
  readonly ngf: number;
  readonly nBlocks: number;
  /** `null` for a light one, which takes pictures of any size. */
  readonly imgSize: number | null;
};

const ANCHOR: Anchor = {
  key: 'DownBlock.1.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 7,
};
const STYLED = /^UpBlock1_(\d+)\./;
const LAST = 'UpBlock2.11.weight';

/** Generators of U-GAT-IT, light ones and those that have weights for each pixel. */
export const ugatitFamily: Family<UGATITConfig, UGATITGenerator> = {
  name: 'ugatit',
  title: 'a U-GAT-IT ResnetGenerator',
  repository: 'znxlwm/UGATIT-pytorch',
  className: 'ResnetGenerator',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: ({ inputNc, outputNc, ngf, nBlocks, imgSize }) =>
    new UGATITGenerator(inputNc, outputNc, ngf, nBlocks, imgSize ?? undefined, imgSize === null),
  adapt: withoutUnusedStatistics,
  describe: ({ inputNc, outputNc, ngf, nBlocks, imgSize }) =>
    `U-GAT-IT ResnetGenerator(${inputNc}, ${outputNc}, ${ngf}, ${nBlocks}), ${imgSize === null ? 'light' : `img_size ${imgSize}`}`,
  traits: ({ inputNc, outputNc, imgSize }) => ({
    ...USUAL_TRAITS,
    inputChannels: inputNc,
    outputChannels: outputNc,
    sizeRule: imgSize === null ? USUAL_TRAITS.sizeRule : onlySize(imgSize),
  }),
};

function infer(tensors: ReadonlyMap<string, Shaped>): UGATITConfig {
  const { first: ngf, second: inputNc } = convolutionAt(tensors, ANCHOR.key, 7);
  const { first: outputNc } = convolutionAt(tensors, LAST, 7);
  const nBlocks = countIndices(tensors, STYLED);
  if (nBlocks === 0) throw new MisfitError('UpBlock1_1.conv1.weight', 'it has no residual blocks');
  return { inputNc, outputNc, ngf, nBlocks, imgSize: imgSizeOf(tensors, 'FC.0.weight', 4 * ngf) };
}
