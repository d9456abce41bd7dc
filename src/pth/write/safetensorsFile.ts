import { utf8Bytes } from '../../platform/text.js';
import { LENGTH_BYTES, METADATA, SAFETENSORS_DTYPES } from '../container/safetensors.js';
import type { PlainValue } from '../plainValue.js';
import { PthError } from '../pthError.js';
import type { SavedTensor } from './savedTensor.js';

/**
 * A safetensors file, with the configuration as JSON in its metadata. The header is filled up with spaces, so that
 * numbers begin at a multiple of eight; types of many bytes come first, so that each lies at a multiple of its own.
 *
 * @throws PthError `ERR_PTH_TENSOR` for a tensor of the name that the metadata have.
 */
export function safetensorsPieces(
  tensors: readonly SavedTensor[],
  config: PlainValue | undefined,
): Iterable<Uint8Array> {
  const names = new Map([...SAFETENSORS_DTYPES].map(([name, dtype]) => [dtype, name]));
  const width = ({ bytes, size }: SavedTensor) => (size === 0 ? 0 : bytes.length / size);
  const ordered = tensors.toSorted((a, b) => width(b) - width(a));
  const header: [string, unknown][] = [
    [
      METADATA,
      { format: 'pt', ...(config === undefined ? {} : { config: JSON.stringify(config) }) },
    ],
  ];
  const places = new Map<SavedTensor, [number, number]>();
  let at = 0;
  for (const tensor of ordered) {
    places.set(tensor, [at, at + tensor.bytes.length]);
    at += tensor.bytes.length;
  }
  // Readers take keys in the header's order, which is that of the state dict.
  for (const tensor of tensors) {
    const { key, dtype, shape } = tensor;
    if (key === METADATA) {
      throw new PthError(
        'ERR_PTH_TENSOR',
        `Tensor "${key}" cannot be saved in safetensors, where this name stands for what is no tensor; save as .pth`,
        { key },
      );
    }
    header.push([key, { dtype: names.get(dtype), shape, data_offsets: places.get(tensor) }]);
  }
  // Not as one object: it would put keys that are numbers first.
  const fields = header.map((field) => field.map((part) => JSON.stringify(part)).join(':'));
  const json = utf8Bytes(`{${fields.join(',')}}`);
  const padded = new Uint8Array(Math.ceil(json.length / LENGTH_BYTES) * LENGTH_BYTES).fill(0x20);
  padded.set(json);
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setBigUint64(0, BigInt(padded.length), true);
  return { [Symbol.iterator]: () => writtenPieces([length, padded], ordered) };
}

function* writtenPieces(
  header: readonly Uint8Array[],
  tensors: readonly SavedTensor[],
): Generator<Uint8Array> {
  yield* header;
  for (const { bytes } of tensors) yield bytes.read();
}
