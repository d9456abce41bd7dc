import { utf8Bytes } from '../../platform/text.js';
/** A piece of a pickle: bytes, or pieces one after the other. */
export type Piece = number | Uint8Array | readonly Piece[];

/**
 * Pickles of protocol 2, opcode by opcode, as torch writes them but without a memo: what is referred to
 * twice is written twice.
 *
 * @see Python's `pickletools` for the opcodes
 */
export const pickle = {
  /** A whole pickle. */
  file: (value: Piece): Uint8Array => flatten([0x80, 2, value, 0x2e]),
  none: 0x4e as Piece,
  bool: (value: boolean): Piece => (value ? 0x88 : 0x89),
  text: (value: string): Piece => {
    const bytes = utf8Bytes(value);
    return [0x58, uint32(bytes.length), bytes];
  },
  /** A safe integer, as BININT or LONG1. */
  integer: (value: number): Piece => {
    if (value === (value | 0)) return [0x4a, uint32(value)];
    return [0x8a, 8, new Uint8Array(BigInt64Array.of(BigInt(value)).buffer)];
  },
  /** A float of Python's, as BINFLOAT. */
  float: (value: number): Piece => {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value);
    return [0x47, bytes];
  },
  list: (items: readonly Piece[]): Piece => (items.length === 0 ? 0x5d : [0x5d, 0x28, items, 0x65]),
  dict: (entries: readonly (readonly [Piece, Piece])[]): Piece =>
    entries.length === 0 ? 0x7d : [0x7d, 0x28, entries, 0x75],
  tuple: (...items: Piece[]): Piece => [0x28, items, 0x74],
  orderedDict: (entries: readonly (readonly [string, Piece])[]): Piece => [
    pickle.call('collections', 'OrderedDict'),
    filled(entries),
  ],
  global: (module: string, name: string): Piece => [0x63, utf8Bytes(`${module}\n${name}\n`)],
  call: (module: string, name: string, ...args: Piece[]): Piece => [
    pickle.global(module, name),
    pickle.tuple(...args),
    0x52,
  ],
  /** A reference to something outside. */
  persistent: (id: Piece): Piece => [id, 0x51],
};

function filled(entries: readonly (readonly [string, Piece])[]): Piece {
  if (entries.length === 0) return [];
  return [0x28, entries.map(([key, value]) => [pickle.text(key), value]), 0x75];
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function flatten(piece: Piece): Uint8Array {
  const out: number[] = [];
  const visit = (part: Piece): void => {
    if (typeof part === 'number') out.push(part);
    else for (const item of part) visit(item);
  };
  visit(piece);
  return Uint8Array.from(out);
}
