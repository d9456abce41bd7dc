import { throwIfAborted } from '../../platform/abortion.js';
import { pauseEvery } from '../../platform/pause.js';
import type { AbortSignalLike } from '../../platform/webTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { Buffer } from '../shared/arena.js';
import { bytesOf, eachPart } from './scratch/elements.js';
import type { ScratchAccess } from './scratch/transfer.js';
import type { WritableMemory } from './writableMemory.js';

/** Going through a large input lets the event loop take a turn so often. */
const PAUSE_MS = 50;

/** What goes into a run with a scratch file, and where it lies. */
export interface RunInputs {
  readonly tensors: readonly Tensor[];
  readonly places: readonly Buffer[];
  /** Those of the places that are in the scratch file; inputs that are in memory lie there already. */
  readonly files: ReadonlySet<Buffer>;
  readonly memory: WritableMemory;
  readonly file: ScratchAccess;
  /** Ends what goes through the inputs. */
  readonly signal: AbortSignalLike | undefined;
}

/** Writes what has its place in the scratch file: as a run begins anew. */
export function writeInputs({ file, ...inputs }: Omit<RunInputs, 'memory'>): Promise<void> {
  return eachFileInput(inputs, ({ address }) => {
    let at = address;
    return (part) => {
      file.move(part, at, true);
      at += part.length;
    };
  });
}

/** @param begin Gets the place of each, and takes its elements, a part at a time. */
export async function eachFileInput(
  { tensors, places, files, signal }: Pick<RunInputs, 'tensors' | 'places' | 'files' | 'signal'>,
  begin: (place: Buffer) => (part: Uint8Array) => void,
): Promise<void> {
  const breathe = pauseEvery(PAUSE_MS);
  for (const [i, place] of places.entries()) {
    if (!files.has(place)) continue;
    const take = begin(place);
    await eachPart(tensors[i].size, tensors[i].reader(), async (part) => {
      take(bytesOf(part));
      await breathe();
      throwIfAborted(signal);
    });
  }
}
