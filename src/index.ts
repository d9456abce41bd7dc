export type {
  EngineOptions,
  NodeProgress,
  Peak,
  Program,
  RunOptions,
} from './engine/engine.js';
export { engineNames, measurePeak } from './engine/engines.js';
export { AbortError, CycleganError, ShapeError } from './errors.js';
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
export { type InferredConfig, inferConfig } from './generator/adaptStateDict.js';
export {
  diffWeights,
  type TensorDifference,
  type WeightDifferences,
} from './generator/diffWeights.js';
export {
  type InspectOptions,
  inspectWeights,
  type TensorReport,
  type UnreadableReport,
  type WeightReport,
} from './generator/inspectWeights.js';
export type { GeneratorConfig, GeneratorOptions, NormKind } from './generator/options.js';
export { ResNetBlock } from './generator/resNetBlock.js';
export { ResNetGenerator } from './generator/resNetGenerator.js';
export {
  GraphBuilder,
  type GraphNames,
  type ParameterSource,
  type Traceable,
} from './graph/builder.js';
export type {
  Assignment,
  ConstantLeaf,
  Graph,
  GraphNode,
  InputLeaf,
  Leaf,
  ParameterLeaf,
  Value,
} from './graph/graph.js';
export { compose, toImage, toTensor } from './image/convert.js';
export { centerCrop } from './image/crop.js';
export {
  type DecodeOptions,
  decodeImage,
  type EncodeOptions,
  encodeImage,
  type ImageSource,
  imageSize,
  type OpenImageOptions,
  openImage,
  saveImage,
} from './image/formats.js';
export type { DecodeNote, NoteOptions } from './image/note.js';
export { ImageError, type Picture } from './image/picture.js';
export type {
  BitmapLike,
  CanvasLike,
  PictureInput,
  PixelData,
} from './image/pictureInput.js';
export { resize } from './image/resize/resize.js';
export type { ResizeTarget } from './image/resize/target.js';
export { type ImageDataLike, toImageData } from './image/toImageData.js';
export { AvgPool2d } from './nn/avgPool2d.js';
export { BatchNorm2d } from './nn/batchNorm2d.js';
export { type CompileModuleOptions, compile, traceGraph, warmUp } from './nn/compile.js';
export { Conv2d, type Conv2dModuleOptions } from './nn/conv2d.js';
export { ConvTranspose2d, type ConvTranspose2dModuleOptions } from './nn/convTranspose2d.js';
export { Dropout } from './nn/dropout.js';
export { Hardtanh } from './nn/hardtanh.js';
export { Identity } from './nn/identity.js';
export { InstanceNorm2d } from './nn/instanceNorm2d.js';
export { LeakyReLU } from './nn/leakyRelu.js';
export {
  type LoadStateDictOptions,
  type LoadStateDictResult,
  type Shaped,
  type StateDict,
  StateDictError,
  type TensorLike,
} from './nn/loadStateDict.js';
export { MaxPool2d } from './nn/maxPool2d.js';
export { type ForwardOptions, Module } from './nn/module.js';
export type { NormModuleOptions } from './nn/norm.js';
export { Parameter } from './nn/parameter.js';
export { manualSeed } from './nn/random.js';
export { ReflectionPad2d } from './nn/reflectionPad2d.js';
export { ReLU } from './nn/relu.js';
export { ReplicationPad2d } from './nn/replicationPad2d.js';
export { Sequential } from './nn/sequential.js';
export { Sigmoid } from './nn/sigmoid.js';
export { Tanh } from './nn/tanh.js';
export { Upsample } from './nn/upsample.js';
export { ZeroPad2d } from './nn/zeroPad2d.js';
export type { ByteInput, ByteInputOptions } from './platform/byteInput.js';
export { DownloadError } from './platform/downloadError.js';
export type { FetchProgress } from './platform/fetchBytes.js';
export { FileError } from './platform/fileError.js';
export type { Dtype, StoredData } from './pth/dtypes.js';
export { loadStateDict } from './pth/loadStateDict.js';
export type { PassedOver } from './pth/passedOver.js';
export type { PlainValue } from './pth/plainValue.js';
export { PthError } from './pth/pthError.js';
export {
  type OpenWeightsOptions,
  openWeights,
  type StateDictOptions,
  type StoredTensor,
  type TensorInfo,
  type UnreadableInfo,
  type WeightFile,
  type WeightSource,
} from './pth/weightFile.js';
export type { TensorToSave } from './pth/write/savedTensor.js';
export {
  encodeStateDict,
  type SaveStateDictOptions,
  saveStateDict,
} from './pth/write/saveStateDict.js';
export { add } from './tensor/add.js';
export { type AvgPool2dOptions, avgPool2d } from './tensor/avgPool2d.js';
export { batchNorm2d } from './tensor/batchNorm2d.js';
export { cat } from './tensor/cat.js';
export { type ClampOptions, clamp } from './tensor/clamp.js';
export { type Conv2dOptions, conv2d } from './tensor/conv2d.js';
export { type ConvTranspose2dOptions, convTranspose2d } from './tensor/convTranspose2d.js';
export { instanceNorm2d } from './tensor/instanceNorm2d.js';
export { leakyRelu } from './tensor/leakyRelu.js';
export { type MaxPool2dOptions, maxPool2d } from './tensor/maxPool2d.js';
export { mul } from './tensor/mul.js';
export type { NormOptions } from './tensor/normalize.js';
export type { OperandNames, OperandsOf, Operator } from './tensor/operator.js';
export { type PadMode, type PadOptions, pad } from './tensor/pad.js';
export type { PoolOptions } from './tensor/pooling.js';
export { type PaddingSides, reflectionPad2d } from './tensor/reflectionPad2d.js';
export type { Region } from './tensor/region.js';
export { relu } from './tensor/relu.js';
export type { Pair, Shape } from './tensor/shape.js';
export { sigmoid } from './tensor/sigmoid.js';
export { tanh } from './tensor/tanh.js';
export { type ElementSource, Tensor } from './tensor/tensor.js';
export { type UpsampleMode, type UpsampleOptions, upsample } from './tensor/upsample.js';
export { type TranslateOptions, translate } from './translate/translate.js';
