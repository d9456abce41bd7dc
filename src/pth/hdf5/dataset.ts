import { sizeOf } from '../../tensor/shape.js';
import type { Budget } from '../budget.js';
import { chunksOf, type Filter, readChunks } from './chunks.js';
import { type Datatype, readDatatype, readExtent } from './datatype.js';
import { badHdf5, Fields, unknownHdf5 } from './fields.js';
import { filled, fillOf } from './fill.js';
import type { Hdf5File } from './hdf5File.js';
import { type NewChunks, newChunks, readNewChunks } from './newChunks.js';
import { MESSAGE, type Message } from './objectHeader.js';

/** An array, without its numbers. */
export interface Hdf5Dataset {
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  /** Where its numbers lie in the file, in one piece; `null` where they lie in several, or are packed, or are nowhere. */
  readonly start: number | null;
  /** The object's own place, for messages. */
  readonly place: number;
  /** The numbers, in row-major order. */
  readonly read: (budget: Budget) => Promise<Uint8Array>;
}

/** Where the numbers of an array are. */
type Layout =
  | { readonly kind: 'here'; readonly bytes: Uint8Array }
  | { readonly kind: 'whole'; readonly address: number | null }
  | {
      readonly kind: 'chunks';
      readonly address: number | null;
      readonly sides: readonly number[];
      /** Of files in which chunks are found by other means than a tree of the first version. */
      readonly index?: NewChunks;
    };

/**
 * What an object's header says of the array that it is; `null` for what is none.
 * @throws PthError when it is damaged, or laid out as h5py does only when asked to.
 */
export function readDataset(
  file: Hdf5File,
  messages: readonly Message[],
  place: number,
): Hdf5Dataset | null {
  const of = (type: number) => messages.find((message) => message.type === type);
  const [space, type, layout] = [of(MESSAGE.dataspace), of(MESSAGE.datatype), of(MESSAGE.layout)];
  if (space === undefined || type === undefined || layout === undefined) return null;
  const datatype = readDatatype(type);
  const { shape, most } = readExtent(space);
  const bytes = sizeOf(shape) * datatype.size;
  if (!Number.isSafeInteger(bytes)) {
    throw badHdf5(`An array of shape [${shape.join(', ')}] has no length`, place);
  }
  const found = layoutOf(layout);
  const filters = filtersOf(of(MESSAGE.filters));
  const fill = fillOf(of(MESSAGE.fill), of(MESSAGE.oldFill), datatype.size);
  if (found.kind !== 'chunks' && filters.length > 0) throw badHdf5('Filters without chunks', place);
  const whole = found.kind === 'whole' && found.address !== null ? file.place(found.address) : null;
  if (whole !== null && !(whole + bytes <= file.source.size)) {
    throw badHdf5(
      `An array of shape [${shape.join(', ')}], ${bytes} bytes, reaches beyond the file, which has ${file.source.size}`,
      whole,
    );
  }
  const what = `An array of shape [${shape.join(', ')}]`;
  const read = async (budget: Budget): Promise<Uint8Array> => {
    if (whole !== null) return budget.read(file.source, whole, whole + bytes, what);
    budget.take(bytes, what);
    // Whoever reads it may change it.
    if (found.kind === 'here') return exactly(found.bytes, bytes, layout.place).slice();
    const out = filled(bytes, fill);
    if (found.kind === 'whole' || found.address === null || bytes === 0) return out;
    const { sides, address, index } = found;
    const areSides = sides.length === shape.length + 1 && sides.every((side) => side > 0);
    if (!areSides || sides[shape.length] !== datatype.size) {
      throw badHdf5(`Chunks of ${sides.join(' x ')} bytes for [${shape.join(', ')}]`, place);
    }
    const grid = {
      ...{ shape, most, sides: sides.slice(0, -1), bytes: sizeOf(sides) },
      ...{ hasFilters: filters.length > 0, keepsEdges: index?.keepsEdges ?? false },
    };
    const chunks =
      index === undefined
        ? await chunksOf(file, address, shape.length)
        : await newChunks(file, index, grid);
    await readChunks(
      { file, budget, chunks, filters },
      { shape, sides, width: datatype.size },
      out,
    );
    return out;
  };
  return { datatype, shape, start: whole, place, read };
}

function exactly(bytes: Uint8Array, wanted: number, place: number): Uint8Array {
  if (bytes.length < wanted) {
    throw badHdf5(`An array of ${wanted} bytes has ${bytes.length}`, place);
  }
  return bytes.subarray(0, wanted);
}

function layoutOf({ content, place }: Message): Layout {
  const fields = new Fields(content, place);
  const version = fields.uint8();
  if (version === 1 || version === 2) return oldLayout(fields);
  const kind = fields.uint8();
  if (version < 3 || version > 5) {
    throw unknownHdf5(`Version ${version} of an array's layout`, place);
  }
  if (kind === 0) return { kind: 'here', bytes: fields.bytes(fields.uint16()) };
  if (kind === 1) return { kind: 'whole', address: fields.address() };
  if (kind !== 2) throw unknownHdf5('A virtual array', place);
  if (version > 3) {
    const index = readNewChunks(fields);
    return { kind: 'chunks', address: index.address, sides: index.sides, index };
  }
  const rank = fields.uint8();
  const address = fields.address();
  return { kind: 'chunks', address, sides: Array.from({ length: rank }, () => fields.uint32()) };
}

/** Behind its version. */
function oldLayout(fields: Fields): Layout {
  const rank = fields.uint8();
  const kind = fields.uint8();
  fields.skip(5);
  const address = kind === 0 ? null : fields.address();
  const sides = Array.from({ length: rank }, () => fields.uint32());
  if (kind === 0) return { kind: 'here', bytes: fields.bytes(fields.uint32()) };
  return kind === 1 ? { kind: 'whole', address } : { kind: 'chunks', address, sides };
}

/** What was done to each chunk, in the order in which it was. */
function filtersOf(message: Message | undefined): readonly Filter[] {
  if (message === undefined) return [];
  const fields = new Fields(message.content, message.place);
  const version = fields.uint8();
  const count = fields.uint8();
  if (version !== 1 && version !== 2) {
    throw unknownHdf5(`Version ${version} of filters`, message.place);
  }
  if (version === 1) fields.skip(6);
  return Array.from({ length: count }, () => {
    const id = fields.uint16();
    // Newer files name filters only that are not HDF5's own.
    const name = version === 1 || id >= 256 ? fields.uint16() : 0;
    fields.skip(2);
    const values = fields.uint16();
    fields.skip(version === 1 ? 8 * Math.ceil(name / 8) : name);
    const first = values > 0 ? fields.uint32() : 0;
    fields.skip(4 * Math.max(0, values - 1) + (version === 1 && values % 2 === 1 ? 4 : 0));
    return { id, first, place: message.place };
  });
}
