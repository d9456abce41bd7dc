import type { Dtype } from '../dtypes.js';
import { MAX_DIMENSIONS } from '../storages.js';
import { badHdf5, Fields, unknownHdf5 } from './fields.js';
import type { Message } from './objectHeader.js';

/** What the elements of an array or of an attribute are. */
export type Datatype =
  | { readonly kind: 'number'; readonly dtype: Dtype; readonly size: number }
  /** So many bytes each, padded by zeros or spaces. */
  | { readonly kind: 'text'; readonly size: number }
  /** A length, and where in a heap the text stands. */
  | { readonly kind: 'longText'; readonly size: number }
  /** Something else: its name, for people. */
  | { readonly kind: 'other'; readonly name: string; readonly size: number };

const CLASSES = [
  'integer',
  'float',
  'time',
  'text',
  'bits',
  'opaque',
  'compound',
  'reference',
  'enumeration',
  'list',
  'array',
];

/** By bytes, then by the bits of exponent and mantissa. */
const FLOATS: ReadonlyMap<string, Dtype> = new Map([
  ['2 5 10', 'float16'],
  ['2 8 7', 'bfloat16'],
  ['4 8 23', 'float32'],
  ['8 11 52', 'float64'],
]);

export function readDatatype({ content, place }: Message): Datatype {
  const fields = new Fields(content, place);
  const kind = fields.uint8() & 15;
  const bits = fields.uint(3);
  const size = fields.uint32();
  const isBig = (bits & 1) !== 0;
  const name = `${isBig && kind < 2 ? 'big-endian ' : ''}${CLASSES[kind] ?? `class ${kind}`} of ${size} bytes`;
  if (size === 0) throw badHdf5('A type of elements without bytes', place);
  const other: Datatype = { kind: 'other', name, size };
  if (kind === 3) return { kind: 'text', size };
  if (kind === 9) return (bits & 15) === 1 ? { kind: 'longText', size } : other;
  if (isBig) return other;
  const dtype =
    kind === 0 ? integerOf(fields, bits, size) : kind === 1 ? floatOf(fields, size) : null;
  return dtype === null ? other : { kind: 'number', dtype, size };
}

/** Of all bits of its bytes, from the lowest on. */
function integerOf(fields: Fields, bits: number, size: number): Dtype | null {
  const [offset, precision] = [fields.uint16(), fields.uint16()];
  const width = [1, 2, 4, 8].includes(size) && offset === 0 && precision === 8 * size ? size : 0;
  const name = `${(bits & 8) === 0 ? 'u' : ''}int${8 * width}`;
  return width === 0 ? null : (name as Dtype);
}

function floatOf(fields: Fields, size: number): Dtype | null {
  fields.skip(5);
  const exponent = fields.uint8();
  fields.skip(1);
  return FLOATS.get(`${size} ${exponent} ${fields.uint8()}`) ?? null;
}

/** The sides of an array; none for a single number. */
export function readDataspace(message: Message): readonly number[] {
  return readExtent(message).shape;
}

/** The sides of an array, and how far they may grow; `null` where there is no end. */
export function readExtent({ content, place }: Message): {
  readonly shape: readonly number[];
  readonly most: readonly (number | null)[];
} {
  const fields = new Fields(content, place);
  const version = fields.uint8();
  const rank = fields.uint8();
  if (version !== 1 && version !== 2) throw unknownHdf5(`Version ${version} of shapes`, place);
  if (rank > MAX_DIMENSIONS) throw badHdf5(`An array of ${rank} dimensions`, place);
  const grows = (fields.uint8() & 1) !== 0;
  if (version === 1) fields.skip(5);
  if (version === 2 && fields.uint8() === 2) return { shape: [0], most: [0] };
  const shape = Array.from({ length: rank }, () => fields.length());
  const most = grows ? Array.from({ length: rank }, () => fields.address()) : shape;
  return { shape, most };
}
