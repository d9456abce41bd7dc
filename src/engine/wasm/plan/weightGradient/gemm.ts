import {
  emitWeightGradient,
  sumBytes,
  WEIGHT_GRADIENT_ARGS,
  type WeightGradientShape,
} from '../../kernels/gemm/weightGradient.js';
import { inOrder } from '../../kernels/stageArguments.js';
import { evenChunk } from '../chunks.js';
import type { Context, PlannedWeightGradient, WeightGradientStage } from './common.js';

/** Sums of a work item: they stay in the L2 cache while pixels go by. */
const SUM_BYTES = 192 * 1024;
/** So many work items for each thread are enough for all to be done at about the same time. */
const ITEMS_PER_THREAD = 4;

/** Products along the pixels, whatever the kernel. */
export function planWeightGradientGemm(
  { step, source, gradient, to }: WeightGradientStage,
  { module, target, threads }: Context,
): PlannedWeightGradient {
  const { kernel, stride, dilation, groups } = step;
  const whole = {
    input: { width: source.width, channels: source.channels },
    gradient: {
      height: gradient.height,
      width: gradient.width,
      channels: gradient.channels,
    },
    kernel,
    stride,
    dilation,
    groups,
    groupIn: source.planes / groups,
    groupOut: gradient.planes / groups,
    itemOut: 1,
    itemRows: kernel[0],
  };
  const shape = { ...whole, ...itemOf(whole, target.tile.rows, threads) };
  const { stage, items, scratchBytes } = emitWeightGradient(module, target, shape);
  const args = inOrder(WEIGHT_GRADIENT_ARGS, {
    input: source.buffer,
    gradient: gradient.buffer,
    weight: to,
  });
  return { steps: [{ stage, items, args }], scratchBytes, temporaries: [] };
}

/** Output channels and rows of the kernel per work item: whole register blocks, and enough items for all threads. */
function itemOf(
  shape: WeightGradientShape,
  blockRows: number,
  threads: number,
): Pick<WeightGradientShape, 'itemOut' | 'itemRows'> {
  const { groupOut, groups, kernel } = shape;
  const wanted = threads === 1 ? 1 : threads * ITEMS_PER_THREAD;
  const plan = (itemRows: number) => {
    const fitting = SUM_BYTES / (itemRows * sumBytes(shape));
    const shared = Math.ceil((groupOut * groups * (kernel[0] / itemRows)) / wanted);
    const most = Math.max(blockRows, Math.min(fitting, shared));
    const blocks = evenChunk(Math.ceil(groupOut / blockRows), most / blockRows);
    const itemOut = Math.min(groupOut, blocks * blockRows);
    const items = Math.ceil(groupOut / itemOut) * groups * (kernel[0] / itemRows);
    return { itemOut, itemRows, items };
  };
  const [together, apart] = [plan(kernel[0]), plan(1)];
  const { itemOut, itemRows } = together.items >= wanted ? together : apart;
  return { itemOut, itemRows };
}
