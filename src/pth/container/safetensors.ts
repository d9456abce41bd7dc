import { bytesOf, type Dtype } from '../dtypes.js';
import { PthError } from '../pthError.js';
import { UnreadableTensor } from '../tensorRef.js';
import type { ContainerFormat } from './container.js';
import { JsonError, JsonReader } from './jsonReader.js';
import { type NamedTensor, namedTensors } from './namedTensors.js';

/** The format's names of types. */
export const SAFETENSORS_DTYPES: ReadonlyMap<string, Dtype> = new Map([
  ['F64', 'float64'],
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['F8_E4M3', 'float8_e4m3fn'],
  ['F8_E5M2', 'float8_e5m2'],
  ['F8_E4M3FNUZ', 'float8_e4m3fnuz'],
  ['F8_E5M2FNUZ', 'float8_e5m2fnuz'],
  ['F8_E8M0', 'float8_e8m0fnu'],
  ['I64', 'int64'],
  ['I32', 'int32'],
  ['I16', 'int16'],
  ['I8', 'int8'],
  ['U64', 'uint64'],
  ['U32', 'uint32'],
  ['U16', 'uint16'],
  ['U8', 'uint8'],
  ['BOOL', 'bool'],
]);

/** Bits an element of types that have no float32 reading here. */
const OTHER_DTYPES: ReadonlyMap<string, number> = new Map([
  ['C64', 64],
  ['F4', 4],
  ['F6_E2M3', 6],
  ['F6_E3M2', 6],
]);

export const LENGTH_BYTES = 8;
/** The format's own limit. */
const LONGEST_HEADER = 100_000_000;
export const METADATA = '__metadata__';

/**
 * Hugging Face's format: the length of the header, a JSON header
 * `{ name: { dtype, shape, data_offsets: [from, to] } }`, and the numbers, without holes.
 *
 * @see https://github.com/huggingface/safetensors
 */
export const safetensorsFormat: ContainerFormat = {
  name: 'safetensors',

  matches: (start, fileSize) => {
    if (start.length < LENGTH_BYTES + 2 || start[LENGTH_BYTES] !== 0x7b) return false;
    const length = headerLength(start);
    return length <= LONGEST_HEADER && length + LENGTH_BYTES <= fileSize;
  },

  async open(source, budget) {
    const start = await budget.read(source, 0, LENGTH_BYTES, 'The length of the header');
    const dataAt = LENGTH_BYTES + headerLength(start);
    const bytes = await budget.read(source, LENGTH_BYTES, dataAt, 'The header');
    const { tensors, metadata } = readHeader(new JsonReader(bytes, budget), dataAt);
    const end = checkPlaces(tensors, dataAt);
    if (end > source.size) {
      throw new PthError(
        'ERR_PTH_TRUNCATED',
        `The file is cut short: ${end - source.size} bytes are missing; download it again`,
        { offset: source.size },
      );
    }
    if (end < source.size) {
      throw bad(`${source.size - end} bytes at the end belong to no tensor`);
    }
    return namedTensors(source, tensors, { writer: 'safetensors', metadata, budget });
  },
};

function headerLength(start: Uint8Array): number {
  return Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
}

interface Header {
  readonly tensors: readonly NamedTensor[];
  readonly metadata: ReadonlyMap<string, string>;
}

function readHeader(json: JsonReader, dataAt: number): Header {
  const metadata = new Map<string, string>();
  const tensors: NamedTensor[] = [];
  try {
    json.object((name) => {
      if (name !== METADATA) tensors.push(readTensor(json, name, dataAt));
      else json.object((key) => metadata.set(key, json.text()));
    });
    json.end();
  } catch (error) {
    throw error instanceof JsonError ? bad(error.message, LENGTH_BYTES + error.at) : error;
  }
  return { tensors, metadata };
}

function readTensor(json: JsonReader, name: string, dataAt: number): NamedTensor {
  let type: string | undefined;
  let shape: readonly number[] | undefined;
  let offsets: readonly number[] | undefined;
  json.object((field) => {
    if (field === 'dtype') type = json.text();
    else if (field === 'shape') shape = json.counts();
    else if (field === 'data_offsets') offsets = json.counts();
    else json.skip();
  });
  const key = JSON.stringify(name.slice(0, 200));
  if (type === undefined || shape === undefined || offsets === undefined) {
    throw bad(`${key} lacks its dtype, shape or data_offsets`);
  }
  const [from, to] = offsets;
  if (offsets.length !== 2 || from > to) throw bad(`the data_offsets of ${key} are no stretch`);
  const bytes = to - from;
  const dtype = SAFETENSORS_DTYPES.get(type);
  const bits = dtype === undefined ? OTHER_DTYPES.get(type) : 8 * bytesOf(dtype);
  const expected = shape.reduce((product, side) => product * side, 1) * ((bits ?? 0) / 8);
  if (bits !== undefined && bytes !== expected) {
    throw bad(`${key} should have ${expected} bytes, but its data_offsets span ${bytes}`);
  }
  const kind = dtype ?? new UnreadableTensor(type);
  return { name, dtype: kind, shape, start: dataAt + from, bytes };
}

/** Tensors lie one behind the other. @returns Where the last one ends. */
function checkPlaces(tensors: readonly NamedTensor[], dataAt: number): number {
  let end = dataAt;
  for (const { name, start, bytes } of tensors.toSorted(
    (a, b) => a.start - b.start || a.bytes - b.bytes,
  )) {
    if (start !== end) throw bad(`"${name}" does not begin where the one before it ends`);
    end += bytes;
  }
  return end;
}

function bad(message: string, offset = LENGTH_BYTES): PthError {
  return new PthError(
    'ERR_PTH_SAFETENSORS',
    `The header of the safetensors file is wrong: ${message}`,
    { offset },
  );
}
