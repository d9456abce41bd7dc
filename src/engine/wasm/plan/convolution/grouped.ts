import type { AxisPhase } from '../../../../tensor/axisPhase.js';
import { align, newBuffer } from '../../../shared/arena.js';
import type { Phase } from '../../kernels/gemm/implicitGemm.js';
import {
  emitGrouped,
  type GroupedPanel,
  groupedPanels,
  isSpread,
} from '../../kernels/grouped/grouped.js';
import { type SpreadShape, spreadChannels } from '../../kernels/grouped/spread.js';
import type { WritableMemory } from '../../writableMemory.js';
import type { ConvolutionStage } from '../stages.js';
import { type KernelView, kernelShape, kernelView } from '../weights.js';
import {
  type Context,
  oneStep,
  outputShape,
  type PlannedConvolution,
  phaseAxis,
  reachOf,
  rowsThatFit,
  sourceOf,
} from './common.js';

/** Input rows in scratch memory: they stay in the L2 cache while all taps go by. */
const GROUPED_SCRATCH = 320 * 1024;

/** A convolution of several groups: one step, weights packed group by group. */
export function planGrouped(
  stage: ConvolutionStage,
  { module, target }: Context,
): PlannedConvolution {
  const { source, step } = stage;
  const { inStep, rows, cols } = step;
  const { groups, outChannels, inChannels } = kernelShape(step);
  const { shape: sourceShape, zerosRight, pitch } = sourceOf(stage);
  const spread: SpreadShape = {
    groups,
    groupIn: inChannels / groups,
    groupOut: outChannels / groups,
  };
  const panels = groupedPanels(target, spread);
  const lanes = panels.reduce((sum, panel) => sum + panel.lanes, 0);
  const weights = newBuffer(0);
  const phases: Phase[] = [];
  const fills: ((memory: WritableMemory, kernel: KernelView) => void)[] = [];
  for (const row of rows) {
    for (const col of cols) {
      const offset = weights.bytes;
      const floats = row.taps.length * col.taps.length * spread.groupIn * lanes;
      weights.bytes += align(floats * 4);
      phases.push({ rows: phaseAxis(row), cols: phaseAxis(col), weightOffset: offset });
      fills.push((memory, kernel) => {
        const packed = memory.floats(weights.address + offset, floats);
        packGroups(kernel, row, col, panels, packed);
      });
    }
  }
  const phaseRows = Math.max(...rows.map(({ count }) => count));
  const reach = reachOf(phases.map((phase) => phase.rows));
  const widened = isSpread(spread)
    ? (spread.groupIn * spreadChannels(spread)) / source.channels
    : 1;
  const conv = emitGrouped(module, target, {
    ...spread,
    source: sourceShape(zerosRight),
    inStep,
    phases,
    out: outputShape(stage),
    rowsPerItem: rowsThatFit(GROUPED_SCRATCH, pitch * widened, inStep[0], reach, phaseRows),
  });
  return oneStep(conv, weights, (memory, weight) => {
    const kernel = kernelView(step, weight);
    for (const fill of fills) fill(memory, kernel);
  });
}

/** Packs one phase, panel after panel. Padding stays as it is: zero. */
function packGroups(
  kernel: KernelView,
  rows: AxisPhase,
  cols: AxisPhase,
  panels: readonly GroupedPanel[],
  to: Float32Array,
): void {
  const { groups, inChannels, outChannels } = kernel;
  const byOffset = (phase: AxisPhase) => phase.taps.toSorted((a, b) => a.offset - b.offset);
  const columns = byOffset(cols);
  const groupIn = inChannels / groups;
  let at = 0;
  for (const { first, count, lanes, columnsInside } of panels) {
    const pack = (row: number, column: number, term: number) => {
      for (let lane = 0; lane < count; lane++) {
        const oc = first + lane;
        const ic = Math.floor((oc * groups) / outChannels) * groupIn + term;
        to[at + lane] = kernel.at(oc, ic, row, column);
      }
      at += lanes;
    };
    for (const row of byOffset(rows)) {
      const outer = columnsInside ? groupIn : columns.length;
      const inner = columnsInside ? columns.length : groupIn;
      for (let i = 0; i < outer; i++) {
        for (let j = 0; j < inner; j++) {
          const [column, term] = columnsInside ? [columns[j], i] : [columns[i], j];
          pack(row.kernel, column.kernel, term);
        }
      }
    }
  }
}
