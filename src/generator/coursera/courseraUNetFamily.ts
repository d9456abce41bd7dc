import { type Anchor, type Family, USUAL_TRAITS } from '../family.js';
import { convolutionAt } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { CourseraUNet } from './courseraUNet.js';

/** What a file tells of the course's U-Net. */
export type CourseraUNetConfig = {
  readonly inputChannels: number;
  readonly outputChannels: number;
  readonly hiddenChannels: number;
};

/** The course's discriminators begin with the same keys, and have no such block. */
const ANCHOR: Anchor = {
  key: 'expand0.conv1.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 2,
};

/** Pix2pix generators of Coursera's GANs Specialization. */
export const courseraUNetFamily: Family<CourseraUNetConfig, CourseraUNet> = {
  name: 'coursera-pix2pix',
  title: "a pix2pix generator of Coursera's GANs Specialization",
  repository: 'amanchadha/coursera-gan-specialization',
  className: 'UNet',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer: (tensors) => {
    const first = convolutionAt(tensors, 'upfeature.conv.weight', 1);
    const last = convolutionAt(tensors, 'downfeature.conv.weight', 1);
    return {
      inputChannels: first.second,
      outputChannels: last.first,
      hiddenChannels: first.first,
    };
  },
  build: ({ inputChannels, outputChannels, hiddenChannels }) =>
    new CourseraUNet(inputChannels, outputChannels, hiddenChannels),
  describe: ({ inputChannels, outputChannels, hiddenChannels }) =>
    `CourseraUNet(${inputChannels}, ${outputChannels}, ${hiddenChannels}), batch norm`,
  traits: ({ inputChannels, outputChannels }) => ({
    ...USUAL_TRAITS,
    inputChannels,
    outputChannels,
    inputRange: [0, 1],
    outputRange: [0, 1],
    sizeRule: { multipleOf: 64, roundsUpTo: 1 },
    statistics: 'running',
    padding: 'zero',
  }),
};
