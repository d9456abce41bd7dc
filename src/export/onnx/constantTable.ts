import { CycleganError } from '../../errors.js';
import { toFloat16 } from '../../pth/dtypes.js';
import { ELEMENT, type OnnxTensor } from './schema.js';

/** Constants that are no weights have names that no state-dict key has. */
export const CONSTANT = '/constants/';

/** Infinity in 16 bits, without its sign. */
const INFINITE = 0x7c00;

/** @throws CycleganError `ERR_EXPORT` for what is a number, and none any more in 16 bits. */
function halves(name: string, values: Float32Array): Uint16Array {
  const bits = toFloat16(values);
  const lost = bits.findIndex(
    (half, i) => (half & 0x7fff) === INFINITE && Number.isFinite(values[i]),
  );
  if (lost < 0) return bits;
  throw new CycleganError(
    'ERR_EXPORT',
    `${name}: one of its numbers is ${values[lost]}, and 16 bits hold none beyond 65504; export it without fp16.`,
  );
}

/** Every tensor of the file, each once. */
export class ConstantTable {
  readonly tensors: OnnxTensor[] = [];
  readonly #known = new Set<string>();
  readonly #fp16: boolean;

  constructor(fp16: boolean) {
    this.#fp16 = fp16;
  }

  /** @returns The name. */
  floats(name: string, values: Float32Array, shape: readonly number[]): string {
    const numbers = this.#fp16 && !this.#known.has(name) ? halves(name, values) : values;
    const data = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    return this.#add({ name, element: this.#fp16 ? ELEMENT.float16 : ELEMENT.float, shape, data });
  }

  filled(value: number, count: number): string {
    const values = new Float32Array(count).fill(value);
    return this.floats(`${CONSTANT}${value}x${count}`, values, [count]);
  }

  scalar(value: number): string {
    return this.floats(`${CONSTANT}scalar_${value}`, Float32Array.of(value), []);
  }

  float32(values: readonly number[]): string {
    const data = new Uint8Array(Float32Array.from(values).buffer);
    const name = `${CONSTANT}float_${values.join('_')}`;
    return this.#add({ name, element: ELEMENT.float, shape: [values.length], data });
  }

  integers(values: readonly number[]): string {
    const data = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    const name = `${CONSTANT}${values.join('_')}`;
    return this.#add({ name, element: ELEMENT.int64, shape: [values.length], data });
  }

  #add(tensor: OnnxTensor): string {
    if (!this.#known.has(tensor.name)) this.tensors.push(tensor);
    this.#known.add(tensor.name);
    return tensor.name;
  }
}
