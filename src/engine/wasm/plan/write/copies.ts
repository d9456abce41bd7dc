import type { FunctionHandle } from '../../../../emit/module.js';
import type { Buffer } from '../../../shared/arena.js';
import { emitFill, FILL_ARGS } from '../../kernels/flat/fill.js';
import { emitInsert } from '../../kernels/rows/concatenate.js';
import { COPY_ARGS, COPY_STAGE_ARGS, emitCopy } from '../../kernels/rows/copy.js';
import { emitFold, type FoldShape, foldScratch } from '../../kernels/rows/fold.js';
import { gradientSumsScratch } from '../../kernels/rows/gradientRowSums.js';
import { partialBytes } from '../../kernels/rows/norm.js';
import { EXPORT_ARGS, emitExport, emitImport, IMPORT_ARGS } from '../../kernels/rows/planar.js';
import { rowPixels } from '../../kernels/rows/rows.js';
import { inOrder } from '../../kernels/stageArguments.js';
import type { Argument } from '../assembly.js';
import { rowShape, unitsByItem } from '../convolution/common.js';
import { type PlannedMember, type Shifts, UNSHIFTED } from '../plannedMember.js';
import type { PlannedStep } from '../rowUnits.js';
import { paddedChannels } from '../source.js';
import type { CopyStage, ExportStage, FillStage, ImportStage, InsertStage } from '../stages.js';
import type { NodeOf, StageOverlay, StageWriter } from '../stageWriter.js';
import { rowInItsPlace, shifted, sourceArguments } from './arguments.js';

export function writeImport(writer: StageWriter, stage: ImportStage & NodeOf): void {
  const { steps, argsOf } = planImport(writer, stage);
  for (const step of steps) writer.addStep(stage, step, argsOf(step, UNSHIFTED));
}

export function writeExport(writer: StageWriter, stage: ExportStage & NodeOf): void {
  const { steps, argsOf } = planExport(writer, stage);
  for (const step of steps) writer.addStep(stage, step, argsOf(step, UNSHIFTED));
}

export function writeFill(writer: StageWriter, stage: FillStage & NodeOf): void {
  const { from, isOne, value, to } = stage;
  const { channels: planes, height, width } = value;
  const handle = emitFill(writer.module, { planes, width, isOne });
  writer.add(stage, handle, height, inOrder(FILL_ARGS, { source: from, to }));
}

export function writeCopy(writer: StageWriter, stage: CopyStage & NodeOf): void {
  const { source, window, to, sums } = stage;
  const { height, border, channels } = source;
  const row = rowShape(source, [0, 0], false);
  const shape = { row, height, top: border.top, window };
  const items = window?.height ?? border.top + height + border.bottom;
  if (sums !== null) {
    sums.partials.bytes = items * partialBytes(channels);
    writer.needScratch(gradientSumsScratch(channels));
  }
  const handle =
    source.fold === null
      ? emitCopy(writer.module, writer.target, shape, sums !== null)
      : emitFoldedCopy(writer, { row, height, fold: source.fold, hasSums: sums !== null });
  const [of, ofNorm, partials] = [sums?.of, sums?.norm, sums?.partials].map((b) => b ?? null);
  const places = { ...sourceArguments(source), dst: to, of, ofNorm, partials };
  const isInPlace = window === null && source.fold === null && items === height;
  const at = { firstStep: writer.steps.length, lastStep: writer.steps.length };
  if (isInPlace && rowPixels(row) === row.width) overlayCopy(writer, stage, at);
  writer.add(stage, handle, items, inOrder(COPY_STAGE_ARGS, places));
}

/**
 * Each element of a copy depends on the element in its place alone.
 * @param except What is not there as a whole.
 */
export function overlayCopy(
  writer: StageWriter,
  { source, to, inPlaceOf = [source.buffer] }: CopyStage,
  at: Pick<StageOverlay, 'firstStep' | 'lastStep'>,
  except: readonly Buffer[] = [],
): void {
  if (!writer.isOverlaid) return;
  for (const read of inPlaceOf) {
    if (read.bytes !== to.bytes || except.includes(read)) continue;
    writer.overlays.push({ source: read, result: to, distance: 0, ...at });
  }
}

function emitFoldedCopy(writer: StageWriter, shape: FoldShape): FunctionHandle {
  writer.needScratch(foldScratch(shape));
  return emitFold(writer.module, writer.target, shape);
}

export function writeInsert(writer: StageWriter, stage: InsertStage & NodeOf): void {
  const { source, firstChannel, wide, to } = stage;
  const { planes, height, border } = source;
  const row = rowShape(source, [0, 0], false);
  const pixel = paddedChannels(wide.channels);
  const isLast = firstChannel + planes === wide.channels;
  writer.needScratch(rowPixels(row) * row.channels * 4);
  const handle = emitInsert(writer.module, writer.target, {
    row,
    height,
    top: border.top,
    window: null,
    rows: wide.height,
    planes,
    firstChannel,
    pixel,
    padding: isLast ? pixel - wide.channels : 0,
  });
  writer.add(
    stage,
    handle,
    wide.height,
    inOrder(COPY_ARGS, { ...sourceArguments(source), dst: to }),
  );
}

export function planImport(
  { module: own }: StageWriter,
  { value, planar, to, planeRows }: ImportStage,
  module = own,
): PlannedMember {
  const { channels, height, width } = value;
  const shape = { planes: channels, rows: planeRows ?? height, width };
  const handle = emitImport(module, shape, paddedChannels(channels));
  const whole = { stage: handle, firstItem: 0, items: height, firstTileRow: 0 };
  const argsOf = (_: PlannedStep, { source, result }: Shifts) => {
    const places = { planar: shifted(planar, source), rows: shifted(to, result) };
    return inOrder<(typeof IMPORT_ARGS)[number], Argument>(IMPORT_ARGS, places);
  };
  return { steps: [whole], units: unitsByItem(whole, rowInItsPlace), argsOf };
}

export function planExport(
  writer: StageWriter,
  { source, planar, planeRows }: ExportStage,
  module = writer.module,
): PlannedMember {
  const { planes, height, width, ring } = source;
  writer.needScratch(width * source.channels * 4);
  const row = rowShape(source, [0, 0], false);
  const shape = { planes, rows: planeRows ?? height, width };
  const handle = emitExport(module, writer.target, shape, row, ring);
  const whole = { stage: handle, firstItem: 0, items: height, firstTileRow: 0 };
  const argsOf = (_: PlannedStep, shifts: Shifts) => {
    const other = shifted(source.other, shifts.other);
    const places = { ...sourceArguments(source), other, planar: shifted(planar, shifts.result) };
    return inOrder<(typeof EXPORT_ARGS)[number], Argument>(EXPORT_ARGS, places);
  };
  return { steps: [whole], units: unitsByItem(whole, rowInItsPlace), argsOf };
}

/** A copy of which each row depends on those in its place alone. */
export function planCopy(
  writer: StageWriter,
  { source, to }: CopyStage,
  module = writer.module,
): PlannedMember {
  const { height } = source;
  const shape = { row: rowShape(source, [0, 0], false), height, top: 0, window: null };
  const handle = emitCopy(module, writer.target, shape, false);
  const whole = { stage: handle, firstItem: 0, items: height, firstTileRow: 0 };
  const argsOf = (_: PlannedStep, shifts: Shifts) =>
    inOrder<(typeof COPY_STAGE_ARGS)[number], Argument>(COPY_STAGE_ARGS, {
      src: shifted(source.buffer, shifts.source),
      norm: source.norm,
      other: shifted(source.other, shifts.other),
      dst: shifted(to, shifts.result),
      of: null,
      ofNorm: null,
      partials: null,
    });
  return { steps: [whole], units: unitsByItem(whole, rowInItsPlace), argsOf };
}
