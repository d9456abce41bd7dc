import { below, type Draws } from '../random/draws.js';

/** A picture of each domain, which are not a pair. */
export interface UnalignedItem {
  /** Indices into the lists of pictures. */
  readonly a: number;
  readonly b: number;
  /** How many items came before, since the beginning of the training. */
  readonly count: number;
}

export interface DataOrderOptions {
  /** Pictures of each domain, one at least. */
  readonly sizeA: number;
  readonly sizeB: number;
  readonly batchSize: number;
  /** Whether pictures come in the order of their names, instead of a random one. */
  readonly serialBatches: boolean;
}

/**
 * Which pictures each iteration sees. An epoch has as many items as the larger domain has pictures: those of A in random order,
 * the smaller domain's again and again, and to each one of B at random. With `serialBatches`, both come in order. What is
 * left at the end of an epoch, and fills no batch, is left out.
 *
 * ```ts
 * const options = { sizeA: 2, sizeB: 3, batchSize: 1, serialBatches: true };
 * const order = new DataOrder(options, new Draws(0));
 * [0, 1, 2, 3].flatMap((i) => order.batch(i).map(({ a, b }) => [a, b])); // [[0, 0], [1, 1], [0, 2], [0, 0]]
 * ```
 *
 * @see junyanz/pytorch-CycleGAN-and-pix2pix, data/unaligned_dataset.py
 */
export class DataOrder {
  readonly #options: DataOrderOptions;
  readonly #draws: Draws;
  /** Of 0 where the larger domain fills no batch. */
  readonly iterationsPerEpoch: number;
  #shuffled: { readonly epoch: number; readonly indices: Uint32Array } | null = null;

  constructor(options: DataOrderOptions, draws: Draws) {
    this.#options = options;
    this.#draws = draws;
    const items = Math.max(options.sizeA, options.sizeB);
    this.iterationsPerEpoch = Math.floor(items / options.batchSize);
  }

  /** @param iteration From 0 up. @returns From 1 up. */
  epochOf(iteration: number): number {
    return Math.floor(iteration / this.iterationsPerEpoch) + 1;
  }

  /** @param iteration From 0 up, counted through all epochs. */
  batch(iteration: number): UnalignedItem[] {
    const { sizeA, sizeB, batchSize, serialBatches } = this.#options;
    const epoch = this.epochOf(iteration);
    const first = (iteration % this.iterationsPerEpoch) * batchSize;
    return Array.from({ length: batchSize }, (_, i) => {
      const position = first + i;
      const index = serialBatches ? position : this.#indices(epoch)[position];
      const b = serialBatches
        ? index % sizeB
        : below(sizeB, this.#draws.uniforms('partner', epoch, position)[0]);
      return { a: index % sizeA, b, count: iteration * batchSize + i };
    });
  }

  #indices(epoch: number): Uint32Array {
    if (this.#shuffled?.epoch !== epoch) {
      const { sizeA, sizeB } = this.#options;
      const indices = this.#draws.permutation('order', epoch, Math.max(sizeA, sizeB));
      this.#shuffled = { epoch, indices };
    }
    return this.#shuffled.indices;
  }
}
