import { concatenate } from '../../platform/concatenate.js';
import { writeFileAtomic } from '../../platform/files.js';
import { checkOptions } from '../../tensor/callerValues.js';
import { describeValue, isMap } from '../../tensor/describeValue.js';
import type { PlainValue } from '../plainValue.js';
import { PthError } from '../pthError.js';
import { pthPieces } from './pthFile.js';
import { safetensorsPieces } from './safetensorsFile.js';
import {
  checkedTensor,
  type SavedTensor,
  type StreamedTensor,
  type TensorToSave,
} from './savedTensor.js';

export interface SaveStateDictOptions {
  /**
   * What describes the model, such as `netG.config`: saved with the weights, so that one file is a complete
   * model. `.pth` holds it as JSON in a record of the archive that PyTorch passes over, `.safetensors` in its metadata;
   * `openWeights(…).config` reads both.
   */
  readonly config?: PlainValue;
}

type WeightPieces = (
  tensors: readonly SavedTensor[],
  config: PlainValue | undefined,
) => Iterable<Uint8Array>;

/** A file format that weights are written in. A new one is a file beside this and an entry here. */
const FORMATS: ReadonlyMap<string, WeightPieces> = new Map([
  ['.pth', pthPieces],
  ['.pt', pthPieces],
  ['.safetensors', safetensorsPieces],
]);

/**
 * Writes a state dict as a whole or not at all: a zip file that `torch.load` reads (`.pth`, `.pt`), or
 * `.safetensors`. A file of that name is replaced. The same content gives the same bytes (Node only).
 *
 * ```ts
 * await saveStateDict(new Conv2d(3, 8, 3).stateDict(), 'conv.pth', { config: { kernel: 3 } });
 * (await openWeights('conv.pth')).config; // { kernel: 3 }
 * ```
 *
 * @param stateDict `netG.stateDict()`, or tensors of any stored type.
 * @throws PthError for another extension, or a tensor that is none; FileError when it cannot be written.
 */
export async function saveStateDict(
  stateDict: ReadonlyMap<string, TensorToSave>,
  path: string,
  options: SaveStateDictOptions = {},
): Promise<void> {
  await writeFileAtomic(path, weightPieces(stateDict, path, options), { replace: true });
}

/**
 * The bytes of a file of that name.
 *
 * ```ts
 * const bytes = encodeStateDict(new Conv2d(3, 8, 3).stateDict(), 'conv.safetensors');
 * [...(await loadStateDict(bytes)).keys()]; // ['weight', 'bias']
 * ```
 *
 * @param name What it is to be called: the extension decides the format.
 * @throws PthError as `saveStateDict`.
 */
export function encodeStateDict(
  stateDict: ReadonlyMap<string, TensorToSave>,
  name: string,
  options: SaveStateDictOptions = {},
): Uint8Array {
  return concatenate([...weightPieces(stateDict, name, options)]);
}

/**
 * The same in pieces, most of them windows on the tensors, or read as their turn comes: to be written without a copy of them.
 * All that can be wrong with a tensor but for one that is read later is told now.
 */
export function weightPieces(
  stateDict: ReadonlyMap<string, TensorToSave | StreamedTensor>,
  name: string,
  options: SaveStateDictOptions,
): Iterable<Uint8Array> {
  checkOptions('encodeStateDict', options);
  const { config } = options;
  if (typeof name !== 'string') {
    throw new PthError(
      'ERR_PTH_EXTENSION',
      `Weights are saved under a name, but got ${describeValue(name)}`,
    );
  }
  if (!isMap(stateDict)) {
    throw new PthError(
      'ERR_PTH_TENSOR',
      `A Map of tensors is saved, as stateDict() gives, but got ${describeValue(stateDict)}`,
    );
  }
  const lower = name.toLowerCase();
  const format = [...FORMATS].find(([extension]) => lower.endsWith(extension))?.[1];
  if (format === undefined) {
    throw new PthError(
      'ERR_PTH_EXTENSION',
      `${name}: weights are written as ${[...FORMATS.keys()].join(', ')}; the extension decides`,
    );
  }
  const tensors = [...stateDict].map(([key, tensor]) => checkedTensor(key, tensor));
  return format(tensors, config);
}
