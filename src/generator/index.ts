export { AladdinperssonCycleGANGenerator } from './aladdinpersson/cycleGANGenerator.js';
export { AladdinperssonPix2PixGenerator } from './aladdinpersson/pix2PixGenerator.js';
export { GeneratorV1, type GeneratorV1Options } from './animegan/generatorV1.js';
export { GeneratorV2, type GeneratorV2Options } from './animegan/generatorV2.js';
export type { Padding as AnimeGanPadding } from './animegan/layers.js';
export {
  AnimeGan2Generator,
  type AnimeGan2GeneratorOptions,
} from './animegan2/animeGan2Generator.js';
export { Arnab39ResnetGenerator, type Arnab39ResnetOptions } from './arnab39/resnetGenerator.js';
export { AttentionGANGenerator } from './attentiongan/attentionGanGenerator.js';
export { ResnetGeneratorOur } from './attentiongan/resnetGeneratorOur.js';
export { Transformer } from './cartoongan/transformer.js';
export { CourseraUNet } from './coursera/courseraUNet.js';
export { CourseraCycleGANGenerator } from './coursera/cycleGANGenerator.js';
export { CutGenerator, type CutGeneratorOptions } from './cut/cutGenerator.js';
export {
  DeblurGanGenerator,
  type DeblurGanGeneratorOptions,
} from './deblurgan/deblurGanGenerator.js';
export { DiscoGANGenerator } from './discogan/generator.js';
export { GeneratorCNN } from './discogan/generatorCNN.js';
export { UnetResizeConv, type UnetResizeConvOptions } from './enlightengan/unetResizeConv.js';
export { TransformerNet, type TransformerNetOptions } from './fastneuralstyle/transformerNet.js';
export { GeneratorFunieGAN, type GeneratorFunieGANOptions } from './funiegan/generatorFunieGAN.js';
export {
  MobileResnetGenerator,
  type MobileResnetOptions,
} from './gancompression/mobileResnetGenerator.js';
export {
  SubMobileResnetGenerator,
  type SubMobileResnetOptions,
  type SubMobileWidths,
} from './gancompression/subMobileResnetGenerator.js';
export { GanillaResNet, type GanillaResNetOptions } from './ganilla/ganillaResNet.js';
export { DrawingGenerator } from './informativedrawings/drawingGenerator.js';
export {
  type KerasNorm,
  type KerasNormLayer,
  KerasResnetGenerator,
  type KerasResnetOptions,
} from './keras/resnetGenerator.js';
export { CycleNet, type CycleNetOptions } from './lornatang/cycleNet.js';
export {
  MmgenerationResnetGenerator,
  type MmgenerationResnetOptions,
} from './mmgeneration/resnetGenerator.js';
export {
  MmgenerationUnetGenerator,
  type MmgenerationUnetOptions,
} from './mmgeneration/unetGenerator.js';
export { G12, G21 } from './mnistsvhn/generators.js';
export { MrzhuResnetGenerator, type MrzhuResnetOptions } from './mrzhu/resnetGenerator.js';
export { Photo2CartoonGenerator } from './photo2cartoon/photo2CartoonGenerator.js';
export { GlobalGenerator, type GlobalGeneratorOptions } from './pix2pixhd/globalGenerator.js';
export type { Pix2PixHDNorm } from './pix2pixhd/globalLayers.js';
export { LocalEnhancer, type LocalEnhancerOptions } from './pix2pixhd/localEnhancer.js';
export { GeneratorResNet, type GeneratorResNetOptions } from './pytorchgan/generatorResNet.js';
export {
  DiscoGANGeneratorUNet,
  DualGANGenerator,
  GeneratorUNet,
  type UNetWidth,
} from './pytorchgan/unetGenerators.js';
export { TransformerNetwork } from './rrmina/transformerNetwork.js';
export { CycleGenerator } from './udacity/cycleGenerator.js';
export { UGATITGenerator } from './ugatit/ugatitGenerator.js';
export { UnetGenerator, type UnetGeneratorOptions } from './unet/unetGenerator.js';
export type { UnetNorm } from './unet/unetSkipBlock.js';
export { VAEGen, type VAEGenParams } from './unit/vaeGen.js';
export { CycleGANUnetGenerator } from './watercolor/unetGenerator.js';
export { WhiteBoxGenerator } from './whitebox/whiteBoxGenerator.js';
export { ZnxlwmCartoonGANGenerator } from './znxlwm/cartoonGANGenerator.js';
export { ZnxlwmCycleGANGenerator } from './znxlwm/cycleGANGenerator.js';
export { ZnxlwmPix2PixGenerator } from './znxlwm/pix2PixGenerator.js';
