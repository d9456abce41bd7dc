import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, USUAL_TRAITS } from '../family.js';
import { convolutionAt, countIndices } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { DrawingGenerator } from './drawingGenerator.js';

/** What a file tells of Informative Drawings' generator. */
export type DrawingConfig = {
  readonly inputNc: number;
  readonly outputNc: number;
  readonly nResidualBlocks: number;
  readonly width: number;
};

const ANCHOR: Anchor = {
  key: 'model0.1.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 7,
};

/** Generators of Informative Drawings, which are those of ControlNet's line art, too. */
export const drawingFamily: Family<DrawingConfig, DrawingGenerator> = {
  name: 'informative-drawings',
  title: 'a generator of Informative Drawings',
  repository: 'carolineec/informative-drawings',
  className: 'Generator',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: ({ inputNc, outputNc, nResidualBlocks, width }) =>
    new DrawingGenerator(inputNc, outputNc, nResidualBlocks, width),
  describe: ({ inputNc, outputNc, nResidualBlocks, width }) =>
    `DrawingGenerator(${inputNc}, ${outputNc}, ${nResidualBlocks}), width ${width}, instance norm`,
  traits: ({ inputNc, outputNc }) => ({
    ...USUAL_TRAITS,
    inputChannels: inputNc,
    outputChannels: outputNc,
    inputRange: [0, 1],
    outputRange: [0, 1],
  }),
};

function infer(tensors: ReadonlyMap<string, Shaped>): DrawingConfig {
  const first = convolutionAt(tensors, ANCHOR.key, 7);
  const last = convolutionAt(tensors, 'model4.1.weight', 7);
  return {
    inputNc: first.second,
    outputNc: last.first,
    nResidualBlocks: countIndices(tensors, /^model2\.(\d+)\./),
    width: first.first,
  };
}
