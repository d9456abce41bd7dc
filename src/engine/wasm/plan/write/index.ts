import type { Stage } from '../stages.js';
import type { StageWriter } from '../stageWriter.js';
import { planFlatSum, planSum } from '../sums.js';
import { planGather, planPool, planUpsample } from '../windows.js';
import { writeChain, writeChainSums } from './chains.js';
import { writeConvolution, writeWeightGradient } from './convolutions.js';
import { writeCopy, writeExport, writeFill, writeImport, writeInsert } from './copies.js';
import { writeFlat, writeLinear, writeMaxima, writeRows, writeWindow } from './layers.js';
import {
  writeGradientSums,
  writeJoinSums,
  writeMerge,
  writeNorm,
  writeNormGradient,
  writeScale,
  writeSums,
  writeVariance,
} from './norms.js';
import { writeTransfer } from './transfers.js';

type StagesByKind = { readonly [Kind in Stage['kind']]: Stage & { readonly kind: Kind } };

/** What writes the kernels of a stage of each kind, and adds its steps. */
const WRITERS: {
  readonly [Kind in Stage['kind']]: (writer: StageWriter, stage: StagesByKind[Kind]) => void;
} = {
  import: writeImport,
  export: writeExport,
  copy: writeCopy,
  fill: writeFill,
  flat: writeFlat,
  sum: (writer, stage) => writer.addPlanned(stage, planSum(stage, writer.module, writer.target)),
  flatSum: (writer, stage) => writer.addPlanned(stage, planFlatSum(stage, writer.module)),
  insert: writeInsert,
  rows: writeRows,
  linear: writeLinear,
  upsample: (writer, stage) =>
    writeWindow(writer, stage, planUpsample(stage, writer.module, writer.target, writer.machine)),
  gather: (writer, stage) =>
    writeWindow(writer, stage, planGather(stage, writer.module, writer.target)),
  pool: (writer, stage) =>
    writeWindow(writer, stage, planPool(stage, writer.module, writer.target, writer.machine)),
  maxima: writeMaxima,
  sums: writeSums,
  joinSums: writeJoinSums,
  norm: writeNorm,
  gradientSums: writeGradientSums,
  normGradient: writeNormGradient,
  variance: writeVariance,
  scale: writeScale,
  merge: writeMerge,
  convolution: writeConvolution,
  weightGradient: writeWeightGradient,
  chainSums: writeChainSums,
  chain: writeChain,
  load: writeTransfer,
  store: writeTransfer,
};

export function writeStage<Kind extends Stage['kind']>(
  writer: StageWriter,
  kind: Kind,
  stage: StagesByKind[Kind],
): void {
  WRITERS[kind](writer, stage);
}
