import { newBuffer } from '../../../shared/arena.js';
import { emitFlat, FLAT_ARGS, FLAT_ITEM } from '../../kernels/flat/elementwise.js';
import { emitLinear, LINEAR_ARGS, linearShape } from '../../kernels/rows/linear.js';
import { MAXIMA_ARGS } from '../../kernels/rows/maxima.js';
import { ROW_ARGS } from '../../kernels/rows/readyRow.js';
import { CONV_ARGS } from '../../kernels/rows/stage.js';
import { inOrder } from '../../kernels/stageArguments.js';
import { floatsAt } from '../../writableMemory.js';
import { planRows } from '../rowStages.js';
import { behindArguments, paddedChannels } from '../source.js';
import type {
  FlatStage,
  GatherStage,
  LinearStage,
  MaximaStage,
  PoolStage,
  RowStage,
  UpsampleStage,
} from '../stages.js';
import type { NodeOf, StageWriter } from '../stageWriter.js';
import { packRows } from '../weights.js';
import { type PlannedWindow, planMaxima } from '../windows.js';
import { sourceArguments } from './arguments.js';

export function writeFlat(writer: StageWriter, stage: FlatStage & NodeOf): void {
  const { step, operands, to } = stage;
  const { operation, repeated } = step;
  const { size } = step.to;
  const handle = emitFlat(writer.module, { operation, repeated });
  const [a, b = null, c = null, d = null] = operands;
  const args = inOrder(FLAT_ARGS, { a, b, c, d, to, size });
  writer.add(stage, handle, Math.ceil(size / FLAT_ITEM), args);
}

export function writeRows(writer: StageWriter, stage: RowStage & NodeOf): void {
  const { step, source, to } = stage;
  const size = 'weight' in step ? writer.weights.sizeOf(step.weight) : 0;
  const planned = planRows(stage, size, writer.module, writer.target);
  writer.needScratch(planned.scratchBytes);
  const weights = 'weight' in step ? writer.vector(step.weight, 0, source.channels) : stage.seed;
  const args = inOrder(ROW_ARGS, { ...sourceArguments(source), dst: to, weights });
  writer.add(stage, planned.stage, planned.items, args);
}

export function writeWindow(
  writer: StageWriter,
  stage: (UpsampleStage | GatherStage | PoolStage) & NodeOf,
  { stage: handle, items, scratchBytes, tables, fill }: PlannedWindow,
): void {
  const { source, to } = stage;
  if (tables !== null) writer.fixed.push(tables);
  if (fill !== null) writer.fills.push({ reads: [], apply: fill });
  writer.needScratch(scratchBytes);
  const args = inOrder(CONV_ARGS, {
    ...sourceArguments(source),
    keep: null,
    weights: tables,
    bias: null,
    out: to,
    partials: null,
    tiles: null,
    firstTileRow: null,
    ...behindArguments(null),
  });
  writer.add(stage, handle, items, args);
}

export function writeMaxima(writer: StageWriter, stage: MaximaStage & NodeOf): void {
  const { source, gradient, to } = stage;
  const { stage: handle, items, tables, fill } = planMaxima(stage, writer.module);
  writer.fixed.push(tables);
  writer.fills.push({ reads: [], apply: fill });
  const args = inOrder(MAXIMA_ARGS, { src: source.buffer, gradient, dst: to, tables });
  writer.add(stage, handle, items, args);
}

export function writeLinear(writer: StageWriter, stage: LinearStage & NodeOf): void {
  const { step, source, to } = stage;
  const { weight } = step;
  const shape = linearShape(source.channels, paddedChannels(step.to.channels));
  const weights = newBuffer(shape.rows * shape.features * 4);
  writer.fixed.push(weights);
  writer.fills.push({
    reads: [weight],
    apply: (memory, tensorOf) =>
      packRows(tensorOf(weight), source.planes, shape.features, floatsAt(memory, weights)),
  });
  const bias = writer.vector(step.bias, 0, shape.rows);
  const args = inOrder(LINEAR_ARGS, { src: source.buffer, weights, bias, out: to });
  const handle = emitLinear(writer.module, writer.target, shape);
  writer.add(stage, handle, Math.ceil(shape.rows / shape.rowsPerItem), args);
}
