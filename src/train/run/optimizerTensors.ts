import type { Parameter } from '../../nn/parameter.js';
import type { StreamedTensor } from '../../pth/write/savedTensor.js';
import { Tensor } from '../../tensor/tensor.js';
import { stateError } from '../checkpoint/stateRecord.js';
import type { CycleGanCheckpointParts, CycleGanOptimizerState } from '../cycleGan/cycleGanModel.js';

/** What Adam keeps for each parameter. */
const SLOTS = ['exp_avg', 'exp_avg_sq'] as const;
const OPTIMIZERS = ['G', 'D'] as const;

/** The tensors of both optimisers by names such as `optimizer.G.0.exp_avg`. */
export function optimizerTensors(
  optimizers: CycleGanCheckpointParts['optimizers'],
): Map<string, StreamedTensor> {
  const tensors = new Map<string, StreamedTensor>();
  for (const optimizer of OPTIMIZERS) {
    // Before the first step, there is nothing to keep.
    const { slots, steps } = optimizers[optimizer];
    for (const [i, named] of steps === 0 ? [] : slots.entries()) {
      for (const slot of SLOTS) {
        const parameter = named.get(slot) as Parameter;
        tensors.set(`optimizer.${optimizer}.${i}.${slot}`, streamed(parameter));
      }
    }
  }
  return tensors;
}

/** A parameter that is read when it is written. */
export function streamed(parameter: Parameter): StreamedTensor {
  return { shape: parameter.shape, read: () => elementsOf(parameter) };
}

function elementsOf({ tensor }: Parameter): Float32Array {
  const elements = new Float32Array(tensor.size);
  tensor.copyInto(elements);
  return elements;
}

/**
 * The same back.
 * @param fresh The state of optimisers that have not made a step: their groups are those of the run.
 * @param steps Steps that were made.
 * @throws CycleganError `ERR_TRAIN_STATE` where a tensor is missing.
 */
export function optimizerState(
  tensors: ReadonlyMap<string, Tensor>,
  fresh: CycleGanOptimizerState,
  steps: number,
): CycleGanOptimizerState {
  if (steps === 0) return fresh;
  const stateOf = (optimizer: 'G' | 'D') => {
    const groups = fresh[optimizer].param_groups;
    const entries = groups[0].params.map((parameter) => {
      const slots = SLOTS.map((slot) => {
        const name = `optimizer.${optimizer}.${parameter}.${slot}`;
        const tensor = tensors.get(name);
        if (tensor === undefined) throw stateError(`the state file lacks ${name}`);
        return [slot, tensor] as const;
      });
      const step = new Tensor(Float32Array.of(steps), []);
      return [parameter, { step, ...Object.fromEntries(slots) }] as const;
    });
    return { state: Object.fromEntries(entries), param_groups: groups };
  };
  return { G: stateOf('G'), D: stateOf('D') };
}
