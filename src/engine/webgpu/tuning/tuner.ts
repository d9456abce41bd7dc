import type { Device } from '../device/device.js';
import { plainTile, type Tile, textOf, tileCandidates } from '../kernels/convolution/tile.js';
import type { Format } from '../plan/buffers.js';
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

  /** Finds the tiles that were not known. @returns Whether any are now. */
  async tune(): Promise<boolean> {
    const { memory } = this.#device;
    const products = [...this.#missing];
    this.#missing.clear();
    let found = 0;
    for (const [key, product] of products) {
      const tile = await this.#fastest(product);
      if (tile === null) continue;
      memory.notes.tiles[key] = textOf(tile);
      found++;
    }
    if (found > 0) memory.keep();
    return found > 0;
  }

  #candidates({ outVectors, pixels, format }: TiledProduct): Tile[] {
    return tileCandidates(outVectors, pixels, this.#device.tileLimits, format);
  }

  /** @returns `null` where one could not be timed: what is kept is kept for good, and there may be room for it the next time. */
  async #fastest(product: TiledProduct): Promise<Tile | null> {
    const [plain, ...others] = this.#candidates(product);
    const best = { tile: plain, time: await timeKernel(this.#device, product.kernel(plain)) };
    if (!Number.isFinite(best.time)) return null;
    for (const tile of others) {
      const time = await timeKernel(this.#device, product.kernel(tile));
      if (Number.isNaN(time)) return null;
      if (time < best.time && (await this.#isRight(tile, product.format)))
        Object.assign(best, { tile, time });
    }
    return this.#device.lost === null ? best.tile : null;
  }

  /** The plain kernels are the check: a tile that computes other numbers is not taken, however fast, nor one that fails. */
  async #isRight(tile: Tile, format: Format): Promise<boolean> {
    try {
      return await checkTile(this.#device, tile, format);
    } catch {
      return false;
    }
  }
}
