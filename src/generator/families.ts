import { type Shaped, StateDictError } from '../nn/loadStateDict.js';
import type { Module } from '../nn/module.js';
import { aladdinperssonCycleGANFamily } from './aladdinpersson/cycleGANFamily.js';
import { aladdinperssonPix2PixFamily } from './aladdinpersson/pix2PixFamily.js';
import { generatorV1Family } from './animegan/generatorV1Family.js';
import { generatorV2Family } from './animegan/generatorV2Family.js';
import { animeGan2Family } from './animegan2/animeGan2Family.js';
import { arnab39ResnetFamily } from './arnab39/resnetFamily.js';
import { attentionGanFamily } from './attentiongan/attentionGanFamily.js';
import { resnetGeneratorOurFamily } from './attentiongan/resnetGeneratorOurFamily.js';
import { transformerFamily } from './cartoongan/transformerFamily.js';
import { courseraUNetFamily } from './coursera/courseraUNetFamily.js';
import { courseraCycleGANFamily } from './coursera/cycleGANFamily.js';
import { cutFamily } from './cut/cutFamily.js';
import { deblurGanFamily } from './deblurgan/deblurGanFamily.js';
import { directionOf } from './directions.js';
import { generatorCNNFamily } from './discogan/generatorCNNFamily.js';
import { discoGANFamily } from './discogan/generatorFamily.js';
import { enlightenGanFamily } from './enlightengan/enlightenGanFamily.js';
import type { Family, FamilyConfig, SavedOptions } from './family.js';
import { transformerNetFamily } from './fastneuralstyle/transformerNetFamily.js';
import { funieGanFamily } from './funiegan/funieGanFamily.js';
import { mobileFamily } from './gancompression/mobileFamily.js';
import { subMobileFamily } from './gancompression/subMobileFamily.js';
import { ganillaFamily } from './ganilla/ganillaFamily.js';
import { drawingFamily } from './informativedrawings/drawingFamily.js';
import { kerasResnetFamily } from './keras/resnetFamily.js';
import { MAX_KEYS } from './keyPatterns.js';
import { cycleNetFamily } from './lornatang/cycleNetFamily.js';
import { mmgenerationResnetFamily } from './mmgeneration/resnetFamily.js';
import { mmgenerationUnetFamily } from './mmgeneration/unetFamily.js';
import { g12Family, g21Family } from './mnistsvhn/transferFamilies.js';
import { mrzhuResnetFamily } from './mrzhu/resnetFamily.js';
import { lookAt, NoneOfSeveralError, noGenerator } from './notAGenerator.js';
import { photo2CartoonFamily } from './photo2cartoon/photo2CartoonFamily.js';
import { globalFamily } from './pix2pixhd/globalFamily.js';
import { localFamily } from './pix2pixhd/localFamily.js';
import { generatorResNetFamily } from './pytorchgan/generatorResNetFamily.js';
import {
  generatorUNetFamily,
  pytorchGANDiscoGANFamily,
  pytorchGANDualGANFamily,
} from './pytorchgan/unetFamilies.js';
import { checkTensors, plainKeys, type Recognised, readGenerator } from './readGenerator.js';
import { BOOK_CONFIG } from './resnet/options.js';
import { resNetFamily } from './resnet/resNetGenerator.js';
import { transformerNetworkFamily } from './rrmina/transformerNetworkFamily.js';
import { cycleGeneratorFamily } from './udacity/cycleGeneratorFamily.js';
import { ugatitFamily } from './ugatit/ugatitFamily.js';
import { unetFamily } from './unet/unetFamily.js';
import { vaeGenFamily } from './unit/vaeGenFamily.js';
import { watercolorFamily } from './watercolor/unetFamily.js';
import { whiteBoxFamily } from './whitebox/whiteBoxFamily.js';
import { znxlwmCartoonGANFamily } from './znxlwm/cartoonGANFamily.js';
import { znxlwmCycleGANFamily } from './znxlwm/cycleGANFamily.js';
import { znxlwmPix2PixFamily } from './znxlwm/pix2PixFamily.js';

/** Every family that can be run, the likeliest first. */
export const FAMILIES: readonly Family[] = [
  resNetFamily,
  unetFamily,
  globalFamily,
  localFamily,
  aladdinperssonPix2PixFamily,
  generatorUNetFamily,
  pytorchGANDiscoGANFamily,
  pytorchGANDualGANFamily,
  courseraUNetFamily,
  mmgenerationUnetFamily,
  znxlwmPix2PixFamily,
  watercolorFamily,
  aladdinperssonCycleGANFamily,
  cycleGeneratorFamily,
  courseraCycleGANFamily,
  mmgenerationResnetFamily,
  transformerFamily,
  mobileFamily,
  subMobileFamily,
  generatorCNNFamily,
  discoGANFamily,
  arnab39ResnetFamily,
  cycleNetFamily,
  g12Family,
  g21Family,
  znxlwmCycleGANFamily,
  znxlwmCartoonGANFamily,
  transformerNetworkFamily,
  mrzhuResnetFamily,
  drawingFamily,
  generatorResNetFamily,
  kerasResnetFamily,
  cutFamily,
  animeGan2Family,
  transformerNetFamily,
  deblurGanFamily,
  whiteBoxFamily,
  generatorV1Family,
  generatorV2Family,
  enlightenGanFamily,
  ganillaFamily,
  ugatitFamily,
  resnetGeneratorOurFamily,
  attentionGanFamily,
  photo2CartoonFamily,
  vaeGenFamily,
  funieGanFamily,
];

/** The generator of "Deep Learning with PyTorch", for callers who have no file. */
export const BOOK: { readonly family: Family; readonly config: FamilyConfig } = {
  family: resNetFamily,
  config: BOOK_CONFIG,
};

/** A generator of any family. */
export type AnyRecognised<T extends Shaped> = Recognised<T, FamilyConfig, Module>;

/**
 * Which generator a state dict is, or what a file tells of its keys and shapes.
 *
 * @param families Those that are tried, in their order.
 * @param saved What was saved beside it.
 * @throws StateDictError when it is none that is known: with what differs, and what it looks like.
 */
export function recogniseGenerator<T extends Shaped>(
  stateDict: ReadonlyMap<string, T>,
  families = FAMILIES,
  saved: SavedOptions = {},
): AnyRecognised<T> {
  checkTensors(stateDict);
  const look = lookAt(stateDict);
  const { tensors } = plainKeys(stateDict);
  const likely =
    tensors.size > MAX_KEYS ? [] : families.filter((family) => family.matches(tensors));
  if (likely.length === 0) throw noGenerator(stateDict, families.length, look);
  const misfits: StateDictError[] = [];
  for (const family of likely) {
    try {
      return readGenerator(family, stateDict, saved, look);
    } catch (error) {
      if (!(error instanceof StateDictError)) throw error;
      if (!(error instanceof NoneOfSeveralError)) misfits.push(error);
    }
  }
  if (misfits.length === 0) throw noGenerator(stateDict, families.length, look);
  // What none takes for its own is told of by the one that it comes closest to.
  throw misfits.reduce((closest, other) =>
    differences(other) < differences(closest) ? other : closest,
  );
}

/** Running statistics do not count: where one norm has them, a family expects them of all. */
function differences({ missingKeys, unexpectedKeys, mismatchedKeys }: StateDictError): number {
  const keys = [...missingKeys, ...unexpectedKeys, ...mismatchedKeys];
  return keys.filter((key) => !STATISTIC.test(key)).length;
}

const STATISTIC = /\.(running_mean|running_var|num_batches_tracked)$/;

/**
 * Says of each state dict of a file which generator it is, and from what to what it translates.
 * @param file What the file is called, if it is called anything.
 */
export function describeIn(file: string | null) {
  return (tensors: ReadonlyMap<string, Shaped>, name: string): string | null => {
    try {
      const { family, config } = recogniseGenerator(tensors);
      const direction = directionOf(name, file ?? '');
      return direction === null
        ? family.describe(config)
        : `${direction}, ${family.describe(config)}`;
    } catch (error) {
      if (error instanceof StateDictError) return null;
      throw error;
    }
  };
}
