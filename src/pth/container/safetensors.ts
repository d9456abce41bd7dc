import { bytesOf, type Dtype } from '../dtypes.js';
import { PthError } from '../pthError.js';
import { isCount } from '../storages.js';
import type { ContainerFormat } from './container.js';
import { type NamedTensor, namedTensors } from './namedTensors.js';

/** The format's names of types. Those that are missing here have no float32 reading. */
export const SAFETENSORS_DTYPES: ReadonlyMap<string, Dtype> = new Map([
  ['F64', 'float64'],
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['F8_E4M3', 'float8_e4m3fn'],
  ['F8_E5M2', 'float8_e5m2'],
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
    const header = parseHeader(await budget.read(source, LENGTH_BYTES, dataAt, 'The header'));
    const metadata = new Map<string, string>();
    const tensors: NamedTensor[] = [];
    for (const [name, value] of Object.entries(header)) {
      if (name === METADATA) {
        for (const [key, text] of Object.entries(record(value, METADATA))) {
          if (typeof text !== 'string') throw bad(`${METADATA}.${key} is no text`);
          metadata.set(key, text);
        }
      } else {
        tensors.push(readTensor(name, value, dataAt));
      }
    }
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
    return namedTensors(source, tensors, { writer: 'safetensors', metadata });
  },
};

function headerLength(start: Uint8Array): number {
  return Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  try {
    return record(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)), 'it');
  } catch (cause) {
    throw cause instanceof PthError ? cause : bad('it is no JSON', cause);
  }
}

function readTensor(name: string, value: unknown, dataAt: number): NamedTensor {
  const { dtype: type, shape, data_offsets: offsets } = record(value, `"${name}"`);
  const dtype = typeof type === 'string' ? SAFETENSORS_DTYPES.get(type) : undefined;
  if (dtype === undefined) {
    throw new PthError(
      'ERR_PTH_DTYPE',
      `Tensor "${name}" has type ${typeof type === 'string' ? type.slice(0, 40) : 'no name'}, which is not supported`,
      { offset: LENGTH_BYTES, key: name },
    );
  }
  const [from, to] = counts(offsets) ?? [];
  const sides = counts(shape);
  if (sides === null || from === undefined || to === undefined || from > to) {
    throw bad(`the shape or data_offsets of "${name}" are no counts`);
  }
  const bytes = to - from;
  const expected = sides.reduce((product, side) => product * side, 1) * bytesOf(dtype);
  if (bytes !== expected) {
    throw bad(`"${name}" should have ${expected} bytes, but its data_offsets span ${bytes}`);
  }
  return { name, dtype, shape: sides, start: dataAt + from, bytes };
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

function record(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw bad(`${name} is no object`);
  }
  return value as Record<string, unknown>;
}

function counts(value: unknown): number[] | null {
  return Array.isArray(value) && value.every(isCount) ? (value as number[]) : null;
}

function bad(message: string, cause?: unknown): PthError {
  return new PthError(
    'ERR_PTH_SAFETENSORS',
    `The header of the safetensors file is wrong: ${message}`,
    {
      offset: LENGTH_BYTES,
      cause,
    },
  );
}
