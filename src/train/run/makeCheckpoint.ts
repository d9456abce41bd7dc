import type { Parameter } from '../../nn/parameter.js';
import type { StreamedTensor, TensorToSave } from '../../pth/write/savedTensor.js';
import type { Checkpoint } from '../checkpoint/checkpointStore.js';
import type { NetworkName } from '../checkpoint/names.js';
import type { StateRecord } from '../checkpoint/stateRecord.js';
import type { CycleGanModel } from '../cycleGan/cycleGanModel.js';
import type { NetworkConfigs } from '../networks/runNetworks.js';
import { optimizerTensors, streamed } from './optimizerTensors.js';
import { type Pools, poolTensors } from './pools.js';

/** What a checkpoint is made of. */
export interface CheckpointParts {
  readonly model: CycleGanModel;
  /** What is saved beside weights. */
  readonly configs: NetworkConfigs;
  readonly pools: Pools;
  /** What of its record stays the same. */
  readonly record: Omit<StateRecord, 'weights' | 'iteration' | 'pools'>;
}

/**
 * All that is needed to go on after `iteration`. Its tensors are read from the model one by one, when they are written: they change
 * with the next.
 */
export function makeCheckpoint(
  { model, configs, pools, record }: CheckpointParts,
  iteration: number,
): Checkpoint {
  const { networks, optimizers } = model.checkpointParts();
  const saved = (name: NetworkName) => ({
    stateDict: streamedAll(networks[name]),
    config: configs[name],
  });
  const count = { data: Float64Array.of(iteration), shape: [1], dtype: 'float64' as const };
  return {
    record: {
      ...record,
      iteration,
      pools: { A: pools.A.images.length, B: pools.B.images.length },
    },
    networks: {
      G_A: saved('G_A'),
      G_B: saved('G_B'),
      D_A: saved('D_A'),
      D_B: saved('D_B'),
    },
    tensors: new Map<string, TensorToSave | StreamedTensor>([
      ['iteration', count],
      ...optimizerTensors(optimizers),
      ...poolTensors(pools, [3, record.height, record.width]),
    ]),
  };
}

function streamedAll(parameters: ReadonlyMap<string, Parameter>): Map<string, StreamedTensor> {
  return new Map([...parameters].map(([key, parameter]) => [key, streamed(parameter)]));
}
