import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, MisfitError, USUAL_TRAITS } from '../family.js';
import { convolutionAt, countIndices } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { GanillaResNet } from './ganillaResNet.js';

/** What a file tells of GANILLA's generator. */
export type GanillaConfig = {
  readonly inputNc: number;
  readonly outputNc: number;
  readonly ngf: number;
  readonly layers: readonly [number, number, number, number];
  readonly planes: readonly [number, number, number, number];
  readonly featureSize: number;
};

const ANCHOR: Anchor = {
  key: 'fpn.P5_1.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 1,
};
const FIRST = 'conv1.weight';
/** The padding that keeps the sides of a 7×7 convolution's input. */
const FULL_PADDING = 3;

/** Generators of GANILLA. */
export const ganillaFamily: Family<GanillaConfig, GanillaResNet> = {
  name: 'ganilla',
  title: 'a GANILLA ResNet',
  repository: 'giddyyupp/ganilla',
  className: 'ResNet',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: ({ inputNc, outputNc, ngf, ...options }) =>
    new GanillaResNet(inputNc, outputNc, ngf, options),
  describe: ({ inputNc, outputNc, ngf, layers, planes }) =>
    `GanillaResNet(${inputNc}, ${outputNc}, ${ngf}), ${layers.join('-')} blocks of ${planes.join('-')} channels`,
  traits: ({ inputNc, outputNc }) => {
    const grows = 2 * (outputNc - FULL_PADDING);
    return {
      ...USUAL_TRAITS,
      inputChannels: inputNc,
      outputChannels: outputNc,
      sizeRule: { multipleOf: 16, roundsUpTo: 1, ...(grows === 0 ? {} : { grows }) },
    };
  },
};

function infer(tensors: ReadonlyMap<string, Shaped>): GanillaConfig {
  const { first, second } = convolutionAt(tensors, FIRST, 7);
  if (second !== FULL_PADDING) {
    throw new MisfitError(FIRST, `${FIRST} takes ${second} channels, and it has to be three`);
  }
  const featureSize = convolutionAt(tensors, ANCHOR.key, 1).first;
  // The last convolution takes half of them.
  if (featureSize < 2) throw new MisfitError(ANCHOR.key, `${ANCHOR.key} has one channel alone`);
  const blocks = (level: number) =>
    countIndices(tensors, new RegExp(`^layer${level}\\.(\\d+)\\.conv1\\.`));
  const planes = (level: number) => convolutionAt(tensors, `layer${level}.0.conv1.weight`, 3).first;
  return {
    inputNc: second,
    outputNc: convolutionAt(tensors, 'conv2.weight', 7).first,
    ngf: first,
    layers: [blocks(1), blocks(2), blocks(3), blocks(4)],
    planes: [planes(1), planes(2), planes(3), planes(4)],
    featureSize,
  };
}
