import { throwIfAborted } from '../../platform/abortion.js';
import { pauseEvery } from '../../platform/pause.js';
import type { AbortSignalLike } from '../../platform/webTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { Buffer } from '../shared/arena.js';
import type { ScratchAccess } from './scratch/transfer.js';
import { bytesOf, eachPart, writeElements } from './scratchElements.js';
import type { WritableMemory } from './writableMemory.js';

/** Going through a large input lets the event loop take a turn so often. */
const PAUSE_MS = 50;

/** Where the inputs of a run lie that has a scratch file. */
export interface InputPlaces {
  readonly inputs: readonly Buffer[];
  /** Those of them whose addresses are offsets in the scratch file. */
  readonly files: ReadonlySet<Buffer>;
  readonly memory: WritableMemory;
  readonly file: ScratchAccess;
}

/** What goes into a run with a scratch file: what has its place there is written as the run begins anew. */
export class RunInputs {
  readonly #places: InputPlaces;
  readonly #tensors: readonly Tensor[];
  readonly #breathe: () => Promise<void>;

  /** @param signal Ends what goes through the inputs. */
  constructor(places: InputPlaces, tensors: readonly Tensor[], signal?: AbortSignalLike) {
    this.#places = places;
    this.#tensors = tensors;
    const pause = pauseEvery(PAUSE_MS);
    this.#breathe = async () => {
      await pause();
      throwIfAborted(signal);
    };
  }

  /** Bytes of each. */
  get bytes(): readonly number[] {
    return this.#tensors.map(({ size }) => 4 * size);
  }

  async writeToFile(): Promise<void> {
    const { inputs, files, file } = this.#places;
    for (const [i, input] of inputs.entries()) {
      if (!files.has(input)) continue;
      const tensor = this.#tensors[i];
      const place = { address: input.address, bytes: 4 * tensor.size };
      await writeElements(file, place, tensor.reader(), this.#breathe);
    }
  }

  /** Goes through all elements, once those in memory are there. @param take Gets bytes that it is not to keep. */
  async read(take: (bytes: Uint8Array) => void): Promise<void> {
    const { inputs, files, memory } = this.#places;
    for (const [i, input] of inputs.entries()) {
      const tensor = this.#tensors[i];
      if (!files.has(input)) take(bytesOf(memory.floats(input.address, tensor.size)));
      else {
        await eachPart(tensor.size, tensor.reader(), async (part) => {
          take(bytesOf(part));
          await this.#breathe();
        });
      }
    }
  }
}
