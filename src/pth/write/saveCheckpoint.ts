import { concatenate } from '../../platform/concatenate.js';
import { writeFileAtomic } from '../../platform/files.js';
import { describeValue, isMap } from '../../tensor/describeValue.js';
import { PthError } from '../pthError.js';
import { type Piece, pickle } from './pickleWriter.js';
import { archivePieces, tensorPiece } from './pthFile.js';
import { checkedTensor, type SavedTensor, type TensorToSave } from './savedTensor.js';

/**
 * What a checkpoint may hold: state dicts, states of optimisers, and what else belongs to them. Whole numbers become Python's
 * `int`, others `float`; arrays become lists, maps and objects dicts.
 */
export type CheckpointToSave =
  | null
  | boolean
  | number
  | string
  | TensorToSave
  | readonly CheckpointToSave[]
  | ReadonlyMap<string | number, CheckpointToSave>
  | { readonly [name: string]: CheckpointToSave | undefined };

const EXTENSION = /\.(?:pth|pt)$/i;

/** Values within values, at most. */
const MAX_DEPTH = 32;

/**
 * Writes what belongs to a training as `torch.save` does, as a whole or not at all; `torch.load` reads it, with
 * `weights_only`, too. A file of that name is replaced. The names of an object that are whole numbers, as those of an
 * optimiser's parameters, become numbers (Node only).
 *
 * ```ts
 * const net = new Conv2d(3, 8, 3);
 * const adam = new Adam(parametersOf(net), { lr: 2e-4 });
 * const checkpoint = { epoch: 3, model: net.stateDict(), optimizer: adam.stateDict() };
 * await saveCheckpoint(checkpoint, 'checkpoint.pth');
 * (await openWeights('checkpoint.pth')).key; // 'model'
 * ```
 *
 * @throws PthError `ERR_PTH_TENSOR` for what cannot be written, `ERR_PTH_EXTENSION` for another extension than .pth or .pt; FileError when the file cannot be.
 * @see torch.save
 */
export async function saveCheckpoint(checkpoint: CheckpointToSave, path: string): Promise<void> {
  if (typeof path !== 'string' || !EXTENSION.test(path)) {
    throw new PthError(
      'ERR_PTH_EXTENSION',
      `A checkpoint is written as .pth or .pt, but its name is ${typeof path === 'string' ? path : describeValue(path)}`,
    );
  }
  await writeFileAtomic(path, checkpointPieces(checkpoint), { replace: true });
}

/**
 * The bytes of such a file.
 *
 * ```ts
 * const bytes = encodeCheckpoint({ optimizer: new SGD(parametersOf(new Conv2d(3, 8, 3)), { lr: 1 }).stateDict() });
 * bytes.length > 500; // true
 * ```
 *
 * @throws PthError as `saveCheckpoint`.
 */
export function encodeCheckpoint(checkpoint: CheckpointToSave): Uint8Array {
  return concatenate([...checkpointPieces(checkpoint)]);
}

function checkpointPieces(checkpoint: CheckpointToSave): Iterable<Uint8Array> {
  const writer = new CheckpointWriter();
  const root = writer.piece(checkpoint, []);
  return archivePieces(root, writer.tensors);
}

class CheckpointWriter {
  readonly tensors: SavedTensor[] = [];

  /** @param path Names that lead to the value, for messages. */
  piece(value: unknown, path: readonly string[]): Piece {
    if (path.length > MAX_DEPTH) throw refused(value, path.slice(0, 4), 'lies too deep');
    if (value === null) return pickle.none;
    if (typeof value === 'boolean') return pickle.bool(value);
    if (typeof value === 'string') return pickle.text(checkedText(value, path));
    if (typeof value === 'number') {
      return Number.isSafeInteger(value) && !Object.is(value, -0)
        ? pickle.integer(value)
        : pickle.float(value);
    }
    if (Array.isArray(value)) {
      return pickle.list(value.map((item, i) => this.piece(item, [...path, String(i)])));
    }
    if (isMap(value)) return this.#dict([...value], path);
    if (typeof value !== 'object') throw refused(value, path, 'cannot be saved');
    return isTensor(value)
      ? this.#tensor(value, path)
      : this.#dict(Object.entries(value as object).map(namedEntry), path);
  }

  #tensor(tensor: TensorToSave, path: readonly string[]): Piece {
    const saved = checkedTensor(path.join('.'), tensor);
    this.tensors.push(saved);
    return tensorPiece(saved, String(this.tensors.length - 1));
  }

  #dict(entries: readonly (readonly [unknown, unknown])[], path: readonly string[]): Piece {
    return pickle.dict(
      entries.flatMap(([key, item]) => {
        if (item === undefined) return [];
        return [[keyPiece(key, path), this.piece(item, [...path, String(key)])] as const];
      }),
    );
  }
}

const WHOLE_NUMBER = /^(?:0|[1-9]\d{0,14})$/;

function namedEntry([name, item]: readonly [string, unknown]): readonly [unknown, unknown] {
  return [WHOLE_NUMBER.test(name) ? Number(name) : name, item];
}

function keyPiece(key: unknown, path: readonly string[]): Piece {
  if (typeof key === 'string') return pickle.text(checkedText(key, path));
  if (Number.isSafeInteger(key)) return pickle.integer(key as number);
  throw refused(key, path, 'is no name of an entry');
}

function isTensor(value: object): value is TensorToSave {
  return 'shape' in value && 'data' in value;
}

/** Half of a surrogate pair has no UTF-8. */
function checkedText(text: string, path: readonly string[]): string {
  if (/\p{Surrogate}/u.test(text)) throw refused(text, path, 'is no text that UTF-8 can hold');
  return text;
}

function refused(value: unknown, path: readonly string[], why: string): PthError {
  const where = path.length === 0 ? 'A checkpoint' : `"${path.join('.')}" of a checkpoint`;
  return new PthError('ERR_PTH_TENSOR', `${where} is ${describeValue(value)}, which ${why}`);
}
