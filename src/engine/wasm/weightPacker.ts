import type { ElementReader } from '../../tensor/elementSource.js';
import type { Tensor } from '../../tensor/tensor.js';
import { align } from '../shared/arena.js';
import type { Assembly } from './plan/assembly.js';
import { beginTurn } from './pool/semaphore.js';
import type { Team } from './team.js';

/** So many bytes of weights are copied in one go where the calling thread has other things to do. */
const MAX_STAGED_BYTES = 2 ** 24;

const NOTHING: ElementReader = () => {
  throw new Error('no weight is being read');
};

/** Puts weights into a program's memory, as its kernels read them. */
export class WeightPacker {
  readonly #assembly: Assembly;
  readonly #team: Team;
  readonly #weight: (id: number) => Tensor;
  /** The weight of which packings take part after part. */
  #read: ElementReader = NOTHING;

  constructor(assembly: Assembly, team: Team, weight: (id: number) => Tensor) {
    this.#assembly = assembly;
    this.#team = team;
    this.#weight = weight;
  }

  /** What the calling thread writes, of the leaves for which `wanted` says so and, at first, of no leaf at all. */
  fill(wanted: (id: number) => boolean, isFirst: boolean): void {
    for (const { reads, apply } of this.#assembly.fills) {
      if (reads.some(wanted) || (isFirst && reads.length === 0))
        apply(this.#team.memory, this.#weight);
    }
  }

  /** What the calling thread writes, of leaves that the program itself has changed, where they lie as they are. */
  refill(changed: (id: number) => boolean): void {
    for (const { reads, isFlat, apply } of this.#assembly.fills) {
      if (isFlat !== true && reads.some(changed)) apply(this.#team.memory, this.#weight);
    }
  }

  /**
   * What machine code packs, of the leaves for which `wanted` says so.
   * @param blocking Whether the calling thread takes part.
   */
  async pack(wanted: (id: number) => boolean, blocking: boolean): Promise<void> {
    const all = this.#wantedPackings(wanted);
    await this.#team.inTurn(blocking, () => this.#packFrom(all, blocking)());
  }

  /** The same, begun at once, if no other program is at work. @returns What goes on with it, and waits for it. */
  begin(wanted: (id: number) => boolean, blocking: boolean): () => Promise<void> {
    const start = () => this.#packFrom(this.#wantedPackings(wanted), blocking);
    return this.#team.isAlone(blocking) ? start() : beginTurn(start);
  }

  #wantedPackings(wanted: (id: number) => boolean): number[] {
    const { packings } = this.#assembly;
    return [...packings.keys()].filter((index) => wanted(packings[index].weight));
  }

  /**
   * Begins with the first of some packings, and those that follow it directly and whose weights fit into the working memory,
   * where they wait.
   * @returns What goes on with the rest, and waits for all.
   */
  #packFrom(indices: readonly number[], blocking: boolean): () => Promise<void> {
    if (indices.length === 0) return async () => undefined;
    const { packings, working, steps, drivers, stagePacking } = this.#assembly;
    const end = blocking ? working.end : Math.min(working.end, working.start + MAX_STAGED_BYTES);
    let count = 0;
    for (let at = working.start; count < indices.length; count++) {
      const packing = packings[indices[count]];
      const next = align(at + 4 * packing.size);
      const isApart = indices[count] !== indices[0] + count;
      if (count > 0 && (isApart || next > end)) break;
      if (packing.isFirst) this.#read = this.#weight(packing.weight).reader();
      stagePacking(this.#team.memory, indices[count], at, this.#read);
      at = next;
    }
    const from = steps.length + indices[0];
    const range = { driver: drivers.pack, from, to: from + count };
    const finish = this.#team.begin(range, blocking);
    return async () => {
      await finish();
      if (count < indices.length) await this.#packFrom(indices.slice(count), blocking)();
      else this.#read = NOTHING;
    };
  }
}
