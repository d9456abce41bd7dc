import type { FunctionHandle, ModuleWriter } from '../../../emit/module.js';
import { Tensor } from '../../../tensor/tensor.js';
import { type Buffer, newBuffer } from '../../shared/arena.js';
import { emitGatherElements, GATHER_ARGS, GATHER_ITEM } from '../kernels/flat/gather.js';
import { inOrder, PACKING_ARGS } from '../kernels/stageArguments.js';
import { floatsAt, ReachableMemory, type WritableMemory } from '../writableMemory.js';
import type { PlannedConvolution, WeightWriter } from './convolution/common.js';

/*
 * Where runs change weights, a convolution's are packed by the run itself, from where they lie in PyTorch's order: into memory
 * that other layers use before and after. To keep what is packed would take up to four times the memory of the weights, once for
 * the layer and once for its gradient.
 */

/** Weights to pack, of so many elements from `home` on. */
export interface HomeWeight {
  readonly home: Buffer;
  readonly shape: readonly number[];
}

export interface RunPacking {
  /** The step before the convolution. */
  readonly stage: FunctionHandle;
  readonly items: number;
  readonly args: readonly (Buffer | number | null)[];
  /** Memory of the program's own. */
  readonly fixed: readonly Buffer[];
  /** Memory that lives from this step to the convolution's last. */
  readonly temporaries: readonly Buffer[];
  /** Writes what the step looks up, once. */
  readonly fill: ((memory: WritableMemory) => void) | null;
}

/** The packing of a convolution's weights as a step of the run. */
export function packInRun(
  { weights, packing: beforehand, runPacking, fill }: PlannedConvolution,
  { home, shape }: HomeWeight,
  module: ModuleWriter,
): RunPacking {
  const packing = beforehand ?? runPacking;
  if (packing !== undefined) {
    const { stage, items, isComplete } = packing;
    // What packing leaves as it is has to be zero.
    const [fixed, temporaries] = isComplete ? [[], [weights]] : [[weights], []];
    const args = inOrder(PACKING_ARGS, { weight: home, packed: weights });
    return { stage, items, args, fixed, temporaries, fill: null };
  }
  if (fill === null) throw new Error('weights are packed in some way');
  const size = weights.bytes / 4;
  // A zero behind the places stands for padding.
  const places = newBuffer(weights.bytes + 4);
  return {
    stage: emitGatherElements(module),
    items: Math.ceil(size / GATHER_ITEM),
    args: inOrder(GATHER_ARGS, { source: home, places, to: weights, size }),
    fixed: [places],
    temporaries: [weights],
    fill: (memory) => writePlaces(memory, places, weights, { home, shape }, fill),
  };
}

/** Packs numbers in place of elements, which float32 holds exactly: each says which element has come where. */
function writePlaces(
  memory: WritableMemory,
  places: Buffer,
  weights: Buffer,
  { home, shape }: HomeWeight,
  write: WeightWriter,
): void {
  const numbers = Tensor.zeros(shape);
  if (numbers.size >= 2 ** 24) throw new Error('a float32 cannot count so many elements');
  for (let i = 0; i < numbers.size; i++) numbers.data[i] = i + 1;
  const elsewhere = new ReachableMemory(new ArrayBuffer(weights.bytes), weights.address);
  write(elsewhere, numbers);
  const packed = floatsAt(elsewhere, weights);
  const zero = places.address + weights.bytes - home.address;
  const to = memory.integers(places.address, packed.length + 1);
  for (let i = 0; i < packed.length; i++) to[i] = packed[i] === 0 ? zero : 4 * (packed[i] - 1);
  to[packed.length] = 0;
}
