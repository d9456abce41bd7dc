import type { Shaped } from '../../nn/loadStateDict.js';
import { type Anchor, type Family, MisfitError, USUAL_TRAITS } from '../family.js';
import { convolutionAt } from '../keyReading.js';
import { imgSizeOf } from '../layers/imgSize.js';
import { hasAnchor } from '../ownKeys.js';
import { withoutUnusedStatistics } from '../unusedStatistics.js';
import { Photo2CartoonGenerator, sizeRuleOf } from './photo2CartoonGenerator.js';

/** What a file tells of photo2cartoon's generator. */
export type Photo2CartoonConfig = {
  readonly ngf: number;
  /** `null` for a light one, which takes pictures of any size that its hourglasses can halve. */
  readonly imgSize: number | null;
  /** Whether there are weights of layers that the class never uses. */
  readonly unusedLayers: boolean;
};

const ANCHOR: Anchor = {
  key: 'HourGlass1.Conv1.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 1,
};
const FIRST = 'ConvBlock1.1.weight';
const FEATURES = 'FC.0.weight';
const UNUSED = 'gap_fc.bias';

/** Generators of photo2cartoon; the published file is of a light one. */
export const photo2CartoonFamily: Family<Photo2CartoonConfig, Photo2CartoonGenerator> = {
  name: 'photo2cartoon',
  title: 'a photo2cartoon ResnetGenerator',
  repository: 'minivision-ai/photo2cartoon',
  className: 'ResnetGenerator',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer,
  build: ({ ngf, imgSize, unusedLayers }) =>
    new Photo2CartoonGenerator(ngf, imgSize ?? undefined, imgSize === null, { unusedLayers }),
  adapt: withoutUnusedStatistics,
  describe: ({ ngf, imgSize, unusedLayers }) =>
    [
      `photo2cartoon ResnetGenerator(${ngf})`,
      imgSize === null ? 'light' : `img_size ${imgSize}`,
      ...(unusedLayers ? [] : ['without the layers that it never uses']),
    ].join(', '),
  traits: ({ imgSize }) => ({
    ...USUAL_TRAITS,
    sizeRule: sizeRuleOf(imgSize),
  }),
  hints: () => [
    "photo2cartoon's own script finds the face first, turns it upright, puts it on white by a mask and resizes it to 256 × 256; none of this is done here.",
  ],
};

function infer(tensors: ReadonlyMap<string, Shaped>): Photo2CartoonConfig {
  const { first: ngf } = convolutionAt(tensors, FIRST, 7);
  const imgSize = imgSizeOf(tensors, FEATURES, 4 * ngf);
  if (ngf % 4 !== 0) {
    throw new MisfitError(FIRST, `its ${ngf} channels cannot be parted into quarters`);
  }
  if (imgSize !== null && imgSize % 16 !== 0) {
    throw new MisfitError(
      FEATURES,
      `${FEATURES} is for pictures of ${imgSize} × ${imgSize}, which hourglasses cannot halve four times`,
    );
  }
  return { ngf, imgSize, unusedLayers: tensors.has(UNUSED) };
}
