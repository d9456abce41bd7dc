import type { ByteSource } from '../../platform/byteSource.js';
import type { Budget } from '../budget.js';
import { bytesOf, type Dtype } from '../dtypes.js';
import { COSTS } from '../pickle/costs.js';
import { decodeStrictUtf8 } from '../pickle/text.js';
import { PthError } from '../pthError.js';
import type { ContainerFormat } from './container.js';
import { type NamedTensor, namedTensors } from './namedTensors.js';

/** IR version 8 and the producer's name, which an ONNX model of this project begins with. */
const PRODUCER = 'cyclegan-ts';
const START = [0x08, 0x08, 0x12, PRODUCER.length, ...new TextEncoder().encode(PRODUCER)];

/** Names of tensors that are no weights begin so. */
const CONSTANT = '/constants/';

/** TensorProto.DataType. */
const DTYPES: ReadonlyMap<number, Dtype> = new Map([
  [1, 'float32'],
  [7, 'int64'],
  [10, 'float16'],
]);

/** A tag and a length, both of at most ten bytes. */
const HEAD_BYTES = 20;
/** Read at once for heads. */
const WINDOW_BYTES = 4096;
/** A name, four sides and a type; the numbers come last. */
const TENSOR_FIELDS = 64;

/**
 * The weights of an ONNX model that this project wrote (`exportOnnx`): its initialisers have state-dict keys as names. Other
 * models fuse, rename and transpose their weights, so they cannot be read as a state dict.
 */
export const onnxFormat: ContainerFormat = {
  name: 'onnx',

  matches: (start) => START.every((byte, i) => start[i] === byte),

  async open(source, budget) {
    const reader = new FieldReader(source, budget);
    const metadata = new Map<string, string>();
    const tensors: NamedTensor[] = [];
    for await (const field of reader.fields(0, source.size)) {
      if (field.number === 14) {
        const texts = await reader.texts(field);
        budget.takeValues(COSTS.mapEntry, 'The model');
        metadata.set(texts.get(1) ?? '', texts.get(2) ?? '');
      } else if (field.number === 7) {
        for await (const inner of reader.fields(field.start, field.end)) {
          if (inner.number !== 5) continue;
          const tensor = await readTensor(reader, inner);
          if (!tensor.name.startsWith(CONSTANT)) tensors.push(tensor);
        }
      }
    }
    const names = new Set(tensors.map(({ name }) => name));
    if (names.size < tensors.length) throw bad('Two tensors of the model have one name', 0);
    return namedTensors(source, tensors, { writer: PRODUCER, metadata, budget });
  },
};

/** TensorProto: dims 1, data_type 2, name 8, raw_data 9. */
async function readTensor(reader: FieldReader, message: Field): Promise<NamedTensor> {
  const shape: number[] = [];
  let name = '';
  let type = 0;
  let data: Field | null = null;
  let fields = 0;
  for await (const field of reader.fields(message.start, message.end)) {
    if (++fields > TENSOR_FIELDS)
      throw bad('A tensor of the model has too many fields', field.start);
    if (field.number === 1) shape.push(field.value);
    else if (field.number === 2) type = field.value;
    else if (field.number === 8) name = await reader.text(field);
    else if (field.number === 9) data = field;
  }
  const dtype = DTYPES.get(type);
  if (dtype === undefined || data === null) {
    throw bad(`Tensor "${name}" of the model has no numbers of a known type`, message.start);
  }
  const bytes = data.end - data.start;
  const size = shape.reduce((product, side) => product * side, 1);
  if (bytes !== size * bytesOf(dtype)) {
    throw bad(`Tensor "${name}" of shape [${shape.join(', ')}] has ${bytes} bytes`, data.start);
  }
  return { name, dtype, shape, start: data.start, bytes };
}

/** A field: a number, or bytes from `start` to `end`. */
interface Field {
  readonly number: number;
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

/** Reads Protocol Buffers' fields one by one, whatever lies in them. */
class FieldReader {
  readonly #source: ByteSource;
  readonly #budget: Budget;
  #window: Uint8Array = new Uint8Array(0);
  #windowAt = 0;

  constructor(source: ByteSource, budget: Budget) {
    this.#source = source;
    this.#budget = budget;
  }

  async *fields(start: number, end: number): AsyncGenerator<Field> {
    for (let at = start; at < end; ) {
      this.#budget.take(COSTS.slot, 'The model');
      const head = await this.#head(at, Math.min(end, at + HEAD_BYTES));
      const tag = varint(head, 0, at);
      const number = Math.floor(tag.value / 8);
      const wire = tag.value % 8;
      const content = at + tag.length;
      if (wire === 0) {
        const { value, length } = varint(head, tag.length, at);
        at = content + length;
        yield { number, value, start: content, end: at };
      } else if (wire === 2) {
        const { value, length } = varint(head, tag.length, at);
        at = content + length + value;
        if (at > end) throw truncated(at - end, this.#source.size);
        yield { number, value: 0, start: content + length, end: at };
      } else if (wire === 5 || wire === 1) {
        at = content + (wire === 5 ? 4 : 8);
        if (at > end) throw truncated(at - end, this.#source.size);
      } else {
        throw bad(`Unknown kind of field ${wire}`, at);
      }
    }
  }

  /** Fields are often small and many: a piece of the file serves for some. */
  async #head(at: number, end: number): Promise<Uint8Array> {
    if (at < this.#windowAt || end > this.#windowAt + this.#window.length) {
      const stop = Math.min(this.#source.size, at + WINDOW_BYTES);
      this.#window = await this.#budget.read(this.#source, at, stop, 'The model');
      this.#windowAt = at;
    }
    return this.#window.subarray(at - this.#windowAt, end - this.#windowAt);
  }

  async text({ start, end }: Field): Promise<string> {
    this.#budget.takeValues(COSTS.text + COSTS.character * (end - start), 'A name');
    const text = decodeStrictUtf8(await this.#budget.read(this.#source, start, end, 'A name'));
    if (text === null) throw bad('A name of the model is not in UTF-8', start);
    return text;
  }

  /** The texts of a message, by field. */
  async texts({ start, end }: Field): Promise<Map<number, string>> {
    const texts = new Map<number, string>();
    for await (const field of this.fields(start, end)) {
      texts.set(field.number, await this.text(field));
    }
    return texts;
  }
}

/** At most ten bytes; what is no safe integer is none that a model has. */
function varint(bytes: Uint8Array, from: number, at: number): { value: number; length: number } {
  let value = 0;
  for (let i = 0; i < 10 && from + i < bytes.length; i++) {
    const byte = bytes[from + i];
    value += (byte & 127) * 2 ** (7 * i);
    if (byte < 128) {
      if (!Number.isSafeInteger(value)) break;
      return { value, length: i + 1 };
    }
  }
  throw bad('A number of the model does not end, or is too large', at + from);
}

function truncated(missing: number, size: number): PthError {
  return new PthError(
    'ERR_PTH_TRUNCATED',
    `The file is cut short: ${missing} bytes are missing; download it again`,
    { offset: size },
  );
}

function bad(message: string, offset: number): PthError {
  return new PthError('ERR_PTH_ONNX', message, { offset });
}
