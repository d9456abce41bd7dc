import { utf8Bytes } from '../../platform/text.js';
import { rowMajorStrides } from '../../tensor/shape.js';
import { CONFIG_RECORD } from '../container/torchZip.js';
import type { Dtype } from '../dtypes.js';
import type { PlainValue } from '../plainValue.js';
import { storageOfDtype } from '../torchTypes.js';
import { type Piece, pickle } from './pickleWriter.js';
import type { SavedTensor } from './savedTensor.js';
import { zipPieces } from './zipWriter.js';

const ROOT = 'archive';

/**
 * The zip file that `torch.save` writes for a state dict; `torch.load` reads it, with `weights_only`, too, and
 * `load_state_dict` takes what it gives. The configuration is a record of its own, which PyTorch passes over. The same
 * content gives the same bytes.
 *
 * @see torch.serialization._save
 */
export function pthPieces(
  tensors: readonly SavedTensor[],
  config: PlainValue | undefined,
): Iterable<Uint8Array> {
  const stateDict = pickle.orderedDict(
    tensors.map((tensor, i) => [tensor.key, tensorPiece(tensor, String(i))]),
  );
  return archivePieces(stateDict, tensors, config);
}

/** An archive of `torch.save`, of whatever refers to tensors by `tensorPiece` and their places in the list. */
export function archivePieces(
  root: Piece,
  tensors: readonly SavedTensor[],
  config?: PlainValue,
): Iterable<Uint8Array> {
  const text = (value: string) => utf8Bytes(value);
  const record =
    config === undefined ? [] : [{ name: CONFIG_RECORD, text: JSON.stringify(config) }];
  return zipPieces([
    { name: `${ROOT}/data.pkl`, content: pickle.file(root) },
    { name: `${ROOT}/byteorder`, content: text('little') },
    ...tensors.map(({ bytes }, i) => ({ name: `${ROOT}/data/${i}`, content: bytes })),
    { name: `${ROOT}/version`, content: text('3\n') },
    ...record.map((entry) => ({ name: `${ROOT}/${entry.name}`, content: text(entry.text) })),
  ]);
}

/** A tensor whose elements are the record `data/key`. */
export function tensorPiece({ dtype, shape, size, bytes }: SavedTensor, key: string): Piece {
  const storage = storageOfDtype(dtype);
  const [module, name] = storage ?? ['torch.storage', 'UntypedStorage'];
  const id = pickle.tuple(
    pickle.text('storage'),
    pickle.global(module, name),
    pickle.text(key),
    pickle.text('cpu'),
    pickle.integer(storage === null ? bytes.length : size),
  );
  const strides = rowMajorStrides(shape);
  const counts = (values: readonly number[]) => pickle.tuple(...values.map(pickle.integer));
  const common: Piece[] = [
    pickle.persistent(id),
    pickle.integer(0),
    counts(shape),
    counts(strides),
    pickle.bool(false),
    pickle.orderedDict([]),
  ];
  return storage === null
    ? pickle.call('torch._utils', '_rebuild_tensor_v3', ...common, typePiece(dtype))
    : pickle.call('torch._utils', '_rebuild_tensor_v2', ...common);
}

function typePiece(dtype: Dtype): Piece {
  return pickle.global('torch', dtype);
}
