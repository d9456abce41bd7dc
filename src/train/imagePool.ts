import type { Draws, Stream } from './random/draws.js';
import { below } from './random/draws.js';

/**
 * Fakes of earlier iterations, so that a discriminator does not only see the generator's latest: until the pool is full, each fake is
 * kept and given back; from then on, with probability ½, an old one is given back, and the new one takes its place.
 *
 * @see Shrivastava et al., arXiv:1612.07828; junyanz/pytorch-CycleGAN-and-pix2pix, util/image_pool.py
 */
export class ImagePool {
  readonly size: number;
  readonly #draws: Draws;
  readonly #stream: Stream;
  readonly #images: Float32Array[];

  /**
   * @param size Images at most; with 0, each fake is given back.
   * @param images Those of a pool that was saved; they are taken, not copied.
   */
  constructor(size: number, draws: Draws, stream: Stream, images: readonly Float32Array[] = []) {
    this.size = size;
    this.#draws = draws;
    this.#stream = stream;
    this.#images = [...images];
  }

  /** In the order of their places. They change with the next query. */
  get images(): readonly Float32Array[] {
    return this.#images;
  }

  /**
   * @param image It may be kept: nobody may write to it afterwards.
   * @param count How many were asked before, since the beginning of the training.
   */
  query(image: Float32Array, count: number): Float32Array {
    if (this.size === 0) return image;
    if (this.#images.length < this.size) {
      this.#images.push(image);
      return image;
    }
    const [chance, choice] = this.#draws.uniforms(this.#stream, 0, count);
    if (chance <= 0.5) return image;
    const place = below(this.size, choice);
    const old = this.#images[place];
    this.#images[place] = image;
    return old;
  }
}
