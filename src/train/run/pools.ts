import type { TensorToSave } from '../../pth/write/savedTensor.js';
import { Tensor } from '../../tensor/tensor.js';
import { stateError } from '../checkpoint/stateRecord.js';
import { ImagePool } from '../imagePool.js';
import type { Draws } from '../random/draws.js';

/** The pools of both domains' fakes. */
export interface Pools {
  readonly A: ImagePool;
  readonly B: ImagePool;
}

/**
 * @param saved The tensors of a state file, and how many images each pool had.
 * @throws CycleganError `ERR_TRAIN_STATE` where one is missing, or not of that size.
 */
export function makePools(
  size: number,
  draws: Draws,
  saved: {
    readonly tensors: ReadonlyMap<string, Tensor>;
    readonly counts: { readonly A: number; readonly B: number };
    readonly elements: number;
  } | null,
): Pools {
  const pool = (domain: 'A' | 'B') => {
    const images = Array.from({ length: saved?.counts[domain] ?? 0 }, (_, i) => {
      const tensor = saved?.tensors.get(nameOf(domain, i));
      if (tensor?.size !== saved?.elements || tensor === undefined) {
        throw stateError(`the state file lacks ${nameOf(domain, i)}, or has it of another size`);
      }
      return tensor.data;
    });
    return new ImagePool(size, draws, `pool${domain}`, images);
  };
  return { A: pool('A'), B: pool('B') };
}

export function poolTensors({ A, B }: Pools, shape: readonly number[]): Map<string, TensorToSave> {
  const entries = [A, B].flatMap((pool, domain) =>
    pool.images.map((data, i) => [nameOf(domain === 0 ? 'A' : 'B', i), { data, shape }] as const),
  );
  return new Map(entries);
}

function nameOf(domain: 'A' | 'B', place: number): string {
  return `pool.${domain}.${place}`;
}

/** What a discriminator is shown instead of a batch of fakes, `[N, 3, H, W]`, the first of which is the `count`th. */
export function throughPool(pool: ImagePool, fakes: Tensor, count: number): Tensor {
  const [batch] = fakes.shape;
  const size = fakes.size / batch;
  const out = new Float32Array(fakes.size);
  for (let n = 0; n < batch; n++) {
    out.set(pool.query(fakes.data.slice(n * size, (n + 1) * size), count + n), n * size);
  }
  return new Tensor(out, fakes.shape);
}
