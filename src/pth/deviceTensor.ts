import type { Budget } from './budget.js';
import { bytesOf, toBfloat16, viewStored } from './dtypes.js';
import { numpyArray } from './numpyArray.js';
import { type PickleCall, PickleGlobal } from './pickle/values.js';
import type { TensorRef } from './tensorRef.js';
import { dtypeOfName } from './torchTypes.js';

/**
 * A tensor of a TPU or the like, which is saved as a NumPy array: `(array, dtype, device, requires_grad)`. bfloat16, which
 * NumPy does not have, is saved as float32.
 *
 * @param id Tells it from all others of the file.
 * @returns `null` for numbers of other types.
 * @see torch._utils._rebuild_device_tensor_from_numpy
 */
export function deviceTensor(
  { args, changed }: PickleCall,
  id: number,
  budget: Budget,
): TensorRef | null {
  const [data, type] = args;
  const array = numpyArray(data, budget);
  const dtype = type instanceof PickleGlobal ? dtypeOfName(type.name) : null;
  if (array === null || dtype === null || args.length !== 4 || changed) return null;
  const isHalved = dtype === 'bfloat16' && array.dtype === 'float32';
  if (array.dtype !== dtype && !isHalved) return null;
  const size = array.shape.reduce((product, side) => product * side, 1);
  const width = bytesOf(dtype);
  const inline = () => {
    const bytes = array.bytes();
    if (!isHalved) return bytes;
    return new Uint8Array(toBfloat16(viewStored(bytes, 'float32') as Float32Array).buffer);
  };
  return {
    storage: { key: String(id), dtype, width, bytes: size * width, inline },
    dtype,
    offset: 0,
    shape: array.shape,
    strides: array.strides,
    size,
  };
}
