import { concatenate } from '../../src/platform/concatenate.js';

/** Writes pickles by hand, opcode by opcode, for files that no honest program would make. */

const utf8 = new TextEncoder();

export type Part = number | string | Uint8Array | readonly Part[];

export function bytes(...parts: readonly Part[]): Uint8Array {
  return joined(parts);
}

/** Without a spread, so that there may be hundreds of thousands. */
function joined(parts: readonly Part[]): Uint8Array {
  const flat = parts.map((part) => {
    if (typeof part === 'number') return Uint8Array.of(part);
    if (typeof part === 'string') return utf8.encode(part);
    return part instanceof Uint8Array ? part : joined(part);
  });
  return concatenate(flat);
}

export const op = {
  text: (value: string): Part => {
    const encoded = utf8.encode(value);
    return [0x58, int32(encoded.length), encoded];
  },
  int: (value: number): Part => [0x4a, int32(value)],
  global: (module: string, name: string): Part => `c${module}\n${name}\n`,
  tuple: (...items: Part[]): Part => ['(', items, 't'],
  reduce: (callee: Part, args: Part): Part => [callee, args, 'R'],
  /** @param view What comes after the five items that all files have. */
  storage: (key: string, type: string, size: number, ...view: Part[]): Part => [
    op.tuple(
      op.text('storage'),
      op.global(type === 'UntypedStorage' ? 'torch.storage' : 'torch', type),
      op.text(key),
      op.text('cpu'),
      op.int(size),
      ...view,
    ),
    'Q',
  ],
  tensor: (storage: Part, offset: number, shape: number[], strides: number[]): Part =>
    op.reduce(
      op.global('torch._utils', '_rebuild_tensor_v2'),
      op.tuple(
        storage,
        op.int(offset),
        op.tuple(...shape.map(op.int)),
        op.tuple(...strides.map(op.int)),
        0x89,
        'N',
      ),
    ),
  dict: (entries: Readonly<Record<string, Part>>): Part => [
    '}(',
    ...Object.entries(entries).map(([key, value]) => [op.text(key), value]),
    'u',
  ],
  list: (...items: Part[]): Part => ['](', items, 'e'],
};

/**
 * A little-endian array of NumPy, as protocol 3 writes it.
 * @param codes NumPy's name of a type of four bytes.
 * @param content Its bytes, if not as they are.
 */
export function ndarray(values: readonly number[], codes = 'f4', content?: Part): Part {
  const type = op.reduce(op.global('numpy', 'dtype'), op.tuple(op.text(codes), 0x89, 0x88));
  const order = op.tuple(op.int(3), op.text('<'), 'N', 'N', 'N', op.int(-1), op.int(-1), op.int(0));
  const numbers = new Uint8Array(Float32Array.from(values).buffer);
  const shape = op.tuple(op.int(values.length));
  return [
    op.reduce(
      op.global('numpy.core.multiarray', '_reconstruct'),
      op.tuple(op.global('numpy', 'ndarray'), op.tuple(op.int(0)), op.text('b')),
    ),
    op.tuple(op.int(1), shape, [type, order, 'b'], 0x89, content ?? ['C', numbers.length, numbers]),
    'b',
  ];
}

export function pickle(...parts: Part[]): Uint8Array {
  return bytes(0x80, 2, parts, '.');
}

/** A legacy file of one object and its float32 storages, counted in elements, or in bytes when that is 4. */
export function legacyFile(
  object: Part,
  storages: Readonly<Record<string, number[]>>,
  countsPerElement = 1,
): Uint8Array {
  const magic = Uint8Array.of(0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19);
  return bytes(
    pickle([0x8a, magic.length, magic]),
    pickle(['M', 0xe9, 0x03]),
    pickle('}'),
    pickle(object),
    pickle(op.list(...Object.keys(storages).map(op.text))),
    ...Object.values(storages).map((values) => [
      int64(values.length * countsPerElement),
      new Uint8Array(Float32Array.from(values).buffer),
    ]),
  );
}

export function int64(value: number): Uint8Array {
  return new Uint8Array(BigInt64Array.of(BigInt(value)).buffer);
}

function int32(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}
