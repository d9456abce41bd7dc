export { backward, type GradOptions, grad, valueAndGrad } from './autograd/grad.js';
export * from './discriminator/index.js';
export type {
  EngineOptions,
  NodeProgress,
  Peak,
  Program,
  RunOptions,
} from './engine/engine.js';
export { engineNames, hasGpu, measurePeak } from './engine/engines.js';
export type { ErrorCode, ErrorCodeInfo } from './errorCodes.js';
export { ERROR_CODES } from './errorCodes.js';
export { AbortError, CycleganError, ShapeError } from './errors.js';
export { frechetDistance } from './evaluate/distance/frechetDistance.js';
export {
  type KernelDistance,
  type KernelDistanceOptions,
  kernelDistance,
} from './evaluate/distance/kernelDistance.js';
export { l1 } from './evaluate/pictures/l1.js';
export { psnr } from './evaluate/pictures/psnr.js';
export { ssim } from './evaluate/pictures/ssim.js';
export { type Activation, activations, encodeNpy, featureMaps } from './export/activations.js';
export { drawHtml } from './export/drawing/html.js';
export { type DrawOptions, drawSvg } from './export/drawing/svg.js';
export { type FormatSummaryOptions, formatSummary } from './export/formatSummary.js';
export { exportOnnx, type OnnxOptions } from './export/onnx/exportOnnx.js';
export { type Profile, type ProfileOptions, profile } from './export/profile.js';
export {
  type LayerCosts,
  type Measurement,
  type Summary,
  type SummaryRow,
  type SummaryTotals,
  summarize,
} from './export/summary.js';
export {
  diffWeights,
  type TensorDifference,
  type WeightDifferences,
} from './generator/diffWeights.js';
export { FAMILIES } from './generator/families.js';
export type {
  Anchor,
  Family,
  FamilyConfig,
  PaddingKind,
  PictureTraits,
  SizeRule,
  TraitOptions,
  ValueRange,
} from './generator/family.js';
export * from './generator/index.js';
export {
  type GeneratorReport,
  type InspectOptions,
  inspectWeights,
  type TensorReport,
  type UnreadableReport,
  type WeightReport,
} from './generator/inspectWeights.js';
export type { BlockOptions, NormKind } from './generator/layers/normLayer.js';
export { ResNetBlock } from './generator/layers/resNetBlock.js';
export {
  type OpenedGenerator,
  type OpenGeneratorOptions,
  openGenerator,
  savedConfig,
} from './generator/openGenerator.js';
export { type InferredConfig, inferConfig } from './generator/resnet/inferConfig.js';
export type { GeneratorConfig, GeneratorOptions } from './generator/resnet/options.js';
export { ResNetGenerator } from './generator/resnet/resNetGenerator.js';
export * from './image/index.js';
export * from './nn/index.js';
export type { ByteInput, ByteInputOptions } from './platform/byteInput.js';
export { DownloadError } from './platform/downloadError.js';
export type { FetchProgress } from './platform/fetchBytes.js';
export { FileError } from './platform/fileError.js';
export * from './pth/index.js';
export * from './serve/index.js';
export * from './train/index.js';
export type { NormOption } from './translate/norm/normMode.js';
export type { OutputNote } from './translate/outputNote.js';
export type { PictureNetwork } from './translate/pictureNetwork.js';
export { type TranslateOptions, translate } from './translate/translate.js';
