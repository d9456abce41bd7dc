import { rowMajorStrides } from '../../tensor/shape.js';
import type { Dtype } from '../dtypes.js';
import type { PlainValue } from '../plainValue.js';
import { storageOfDtype } from '../torchTypes.js';
import { type Piece, pickle } from './pickleWriter.js';
import type { SavedTensor } from './savedTensor.js';
import { zipPieces } from './zipWriter.js';

const ROOT = 'archive';

/**
 * The zip file that `torch.save` writes for a state dict, or for `{ config, state_dict }`; `torch.load` reads it, with
 * `weights_only`, too. The same content gives the same bytes.
 *
 * @see torch.serialization._save
 */
export function pthPieces(
  tensors: readonly SavedTensor[],
  config: PlainValue | undefined,
): Uint8Array[] {
  const stateDict = pickle.orderedDict(
    tensors.map((tensor, i) => [tensor.key, tensorPiece(tensor, String(i))]),
  );
  const object =
    config === undefined
      ? stateDict
      : pickle.dict([
          ['config', pickle.plain(config)],
          ['state_dict', stateDict],
        ]);
  const text = (value: string) => new TextEncoder().encode(value);
  return zipPieces([
    { name: `${ROOT}/data.pkl`, content: pickle.file(object) },
    { name: `${ROOT}/byteorder`, content: text('little') },
    ...tensors.map(({ bytes }, i) => ({ name: `${ROOT}/data/${i}`, content: bytes })),
    { name: `${ROOT}/version`, content: text('3\n') },
  ]);
}

function tensorPiece({ dtype, shape, size, bytes }: SavedTensor, key: string): Piece {
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
