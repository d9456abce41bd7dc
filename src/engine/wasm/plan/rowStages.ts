import type { FunctionHandle, ModuleWriter } from '../../../emit/module.js';
import type { AdaptivePoolStep } from '../../shared/fuse/steps.js';
import { emitPoolColumns, emitPoolRows } from '../kernels/rows/adaptivePooling.js';
import { emitChannelSum } from '../kernels/rows/channelSum.js';
import { emitDivide } from '../kernels/rows/divide.js';
import { emitDropout } from '../kernels/rows/dropout.js';
import { emitNarrow, narrowScratch } from '../kernels/rows/narrow.js';
import { emitPixelShuffle } from '../kernels/rows/pixelShuffle.js';
import { emitPixelUnshuffle } from '../kernels/rows/pixelUnshuffle.js';
import { emitPrelu } from '../kernels/rows/prelu.js';
import { type RowStageShape, readyRowBytes } from '../kernels/rows/readyRow.js';
import { emitSoftmax } from '../kernels/rows/softmax.js';
import type { Target } from '../kernels/target.js';
import { rowShape } from './convolution/common.js';
import { paddedChannels } from './source.js';
import type { RowStage } from './stages.js';

/** Steps whose work items are rows. */

export interface PlannedRows {
  readonly stage: FunctionHandle;
  readonly items: number;
  readonly scratchBytes: number;
}

/** @param weightSize Elements of the step's weight, if it has one. */
export function planRows(
  { source, step }: RowStage,
  weightSize: number,
  module: ModuleWriter,
  target: Target,
): PlannedRows {
  const { height, border } = source;
  const rows = border.top + height + border.bottom;
  const row = rowShape(source, [0, 0], false);
  const made: RowStageShape = { row, height, top: border.top, window: null, rows };
  const planes = step.to.channels;
  const pixel = paddedChannels(planes);
  const scratchBytes = readyRowBytes(made);
  switch (step.kind) {
    case 'adaptivePool':
      return { ...planAdaptivePool(step, made, module, target), scratchBytes };

    case 'channelSum': {
      const stage = emitChannelSum(module, target, { ...made, planes: source.planes });
      return { stage, items: rows, scratchBytes };
    }
    case 'divide': {
      const { channels, width } = source;
      const isMask = step.divisor.channels < planes;
      const stage = emitDivide(module, { width, planes, channels, isMask });
      return { stage, items: rows, scratchBytes };
    }
    case 'prelu': {
      const stage = emitPrelu(module, target, { ...made, isOne: weightSize === 1 });
      return { stage, items: rows, scratchBytes };
    }
    case 'softmax':
      return {
        stage: emitSoftmax(module, target, { ...made, planes }),
        items: rows,
        scratchBytes,
      };
    case 'pixelShuffle': {
      const shape = { ...made, factor: step.factor, planes, pixel };
      return { stage: emitPixelShuffle(module, target, shape), items: rows, scratchBytes };
    }
    case 'pixelUnshuffle': {
      const shape = { ...made, factor: step.factor, planes: source.planes, pixel };
      const stage = emitPixelUnshuffle(module, target, shape);
      return { stage, items: rows / step.factor, scratchBytes };
    }
    case 'dropout': {
      const stage = emitDropout(module, target, {
        ...made,
        p: step.p,
        stream: step.stream,
        picture: step.picture,
      });
      return { stage, items: rows, scratchBytes };
    }
    case 'narrow': {
      const shape = { ...made, firstChannel: step.firstChannel, planes, pixel };
      return {
        stage: emitNarrow(module, target, shape),
        items: rows,
        scratchBytes: narrowScratch(shape),
      };
    }
  }
}

function planAdaptivePool(
  { axis, reduction, to }: AdaptivePoolStep,
  made: RowStageShape,
  module: ModuleWriter,
  target: Target,
): Omit<PlannedRows, 'scratchBytes'> {
  const { width, height, channels } = to;
  if (axis === 'columns') {
    const stage = emitPoolColumns(module, target, { ...made, reduction, width });
    return { stage, items: made.rows };
  }
  const floats = width * paddedChannels(channels);
  const stage = emitPoolRows(module, { reduction, rows: made.rows, height, floats });
  return { stage, items: height };
}
