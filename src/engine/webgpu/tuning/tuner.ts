import type { Device } from '../device/device.js';
import { plainTile, type Tile, textOf, tileCandidates } from '../kernels/convolution/tile.js';
import type { TiledProduct } from '../plan/options.js';
import { checkTile } from './tileCheck.js';
import { timeKernel } from './timeKernel.js';

/** Below so many operations, which take a tenth of a millisecond on a slow GPU, a tile makes no difference. */
const MIN_FLOPS = 1e8;

export interface TuningOptions {
  /** Products of fewer operations have the plain tile. */
  readonly minFlops?: number;
}

/** Chooses tiles by the time that they take on a device, once for each kind of product. */
export class Tuner {
  readonly #device: Device;
  readonly #minFlops: number;
  readonly #missing = new Map<string, TiledProduct>();

  constructor(device: Device, { minFlops = MIN_FLOPS }: TuningOptions = {}) {
    this.#device = device;
    this.#minFlops = minFlops;
  }

  /** The fastest tile, if that is known; else the plain one, and `tune` will find it. */
  readonly tileOf = (product: TiledProduct): Tile => {
    const { key, outVectors, pixels, flops } = product;
    const plain = plainTile(outVectors, pixels);
    if (flops < this.#minFlops) return plain;
    const known = this.#device.memory.notes.tiles[key];
    const tile = this.#candidates(product).find((candidate) => textOf(candidate) === known);
    if (tile === undefined) this.#missing.set(key, product);
    return tile ?? plain;
  };

  /** Finds the tiles that were not known. @returns Whether there were any. */
  async tune(): Promise<boolean> {
    const products = [...this.#missing];
    this.#missing.clear();
    for (const [key, product] of products) {
      this.#device.memory.notes.tiles[key] = textOf(await this.#fastest(product));
    }
    if (products.length > 0) this.#device.memory.keep();
    return products.length > 0;
  }

  #candidates({ outVectors, pixels }: TiledProduct): Tile[] {
    return tileCandidates(outVectors, pixels, this.#device.tileLimits);
  }

  async #fastest(product: TiledProduct): Promise<Tile> {
    const [plain, ...others] = this.#candidates(product);
    const best = { tile: plain, time: await timeKernel(this.#device, product.kernel(plain)) };
    for (const tile of others) {
      const time = await timeKernel(this.#device, product.kernel(tile));
      // The plain kernels are the check: one that computes other numbers is not taken, however fast.
      if (time < best.time && (await checkTile(this.#device, tile)))
        Object.assign(best, { tile, time });
    }
    return best.tile;
  }
}
