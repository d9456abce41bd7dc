/** A group or an array, to be written as HDF5. */
export type Hdf5Content = Hdf5GroupContent | Hdf5ArrayContent;

export interface Hdf5GroupContent {
  readonly entries: Readonly<Record<string, Hdf5Content>>;
  /** Lists of texts. */
  readonly attributes?: Readonly<Record<string, readonly string[]>>;
  /** Messages of a type that nobody knows. */
  readonly unknown?: number;
}

export interface Hdf5ArrayContent {
  readonly shape: readonly number[];
  readonly numbers: Float32Array;
  /** Sides of chunks, which are indexed by a tree. */
  readonly chunks?: readonly number[];
  /** Whether its numbers stand in its header. */
  readonly isCompact?: boolean;
  /** What is said to have been done to chunks: a filter, and its parameter. */
  readonly filters?: readonly (readonly [id: number, value: number])[];
}

export const group = (
  entries: Readonly<Record<string, Hdf5Content>>,
  attributes: Readonly<Record<string, readonly string[]>> = {},
): Hdf5GroupContent => ({ entries, attributes });

export const array = (shape: readonly number[], numbers: readonly number[]): Hdf5ArrayContent => ({
  shape,
  numbers: Float32Array.from(numbers),
});

/** A layer as Keras 3 writes it: a weight of one number. */
export const layer = (numbers: readonly number[] = [1]): Hdf5GroupContent =>
  group({ vars: group({ 0: array([numbers.length], numbers) }) });

/** An HDF5 file of the second version: objects one behind the other, each behind what it leads to. */
export function hdf5File(root: Hdf5GroupContent): Uint8Array {
  const writer = new Writer();
  const at = writer.object(root);
  return writer.file(at);
}

const SUPERBLOCK_BYTES = 48;

class Writer {
  readonly #pieces: Uint8Array[] = [];
  #end = SUPERBLOCK_BYTES;

  /** Returns the address. */
  object(content: Hdf5Content): number {
    return this.#add(
      header('entries' in content ? this.#groupMessages(content) : this.#arrayMessages(content)),
    );
  }

  file(root: number): Uint8Array {
    const start = bytes(
      [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 2, 8, 8, 0],
      uint(0, 8),
      NOWHERE,
      uint(this.#end, 8),
      uint(root, 8),
      uint(0, 4),
    );
    return bytes(start, ...this.#pieces);
  }

  #add(piece: Uint8Array): number {
    const at = this.#end;
    this.#pieces.push(piece);
    this.#end += piece.length;
    return at;
  }

  #groupMessages({ entries, attributes = {}, unknown = 0 }: Hdf5GroupContent): Uint8Array[] {
    const links = Object.entries(entries).map(([name, content]) => {
      const address = this.object(content);
      const text = utf8(name);
      return message(6, [1, 0, text.length], text, uint(address, 8));
    });
    const lists = Object.entries(attributes).map(([name, texts]) => attribute(name, texts));
    const others = Array.from({ length: unknown }, () => message(0x77));
    // No heap of links.
    return [message(2, [0, 0], NOWHERE, NOWHERE), ...links, ...lists, ...others];
  }

  #arrayMessages({
    shape,
    numbers,
    chunks,
    isCompact = false,
    filters = [],
  }: Hdf5ArrayContent): Uint8Array[] {
    const layout =
      chunks === undefined
        ? isCompact
          ? message(8, [3, 0], uint(4 * numbers.length, 2), new Uint8Array(numbers.slice().buffer))
          : this.#whole(numbers)
        : message(
            8,
            [3, 2, shape.length + 1],
            uint(this.#tree(shape, numbers, chunks), 8),
            ...[...chunks, 4].map((side) => uint(side, 4)),
          );
    const parts = filters.map(([id, value]) =>
      bytes(uint(id, 2), uint(0, 2), uint(1, 2), uint(value, 4)),
    );
    const pipeline = filters.length === 0 ? [] : [message(0x0b, [2, filters.length], ...parts)];
    return [dataspace(shape), FLOAT32, layout, ...pipeline];
  }

  #whole(numbers: Float32Array): Uint8Array {
    const at = this.#add(new Uint8Array(numbers.slice().buffer));
    return message(8, [3, 1], uint(at, 8), uint(4 * numbers.length, 8));
  }

  #tree(shape: readonly number[], numbers: Float32Array, chunks: readonly number[]): number {
    const counts = shape.map((side, axis) => Math.ceil(side / chunks[axis]));
    const total = counts.reduce((product, count) => product * count, 1);
    const size = chunks.reduce((product, side) => product * side, 1);
    const children = Array.from({ length: total }, (_, index) => {
      const offsets = positionOf(index, counts).map((at, axis) => at * chunks[axis]);
      const box = Float32Array.from({ length: size }, (_, i) => {
        const at = positionOf(i, chunks).map((step, axis) => offsets[axis] + step);
        return at.every((place, axis) => place < shape[axis]) ? numbers[indexOf(at, shape)] : 0;
      });
      return { offsets, address: this.#add(new Uint8Array(box.buffer)) };
    });
    const key = (offsets: readonly number[]) =>
      bytes(uint(4 * size, 4), uint(0, 4), ...[...offsets, 0].map((offset) => uint(offset, 8)));
    const entries = children.map(({ offsets, address }) => bytes(key(offsets), uint(address, 8)));
    return this.#add(
      bytes(utf8('TREE'), [1, 0], uint(total, 2), NOWHERE, NOWHERE, ...entries, key(shape)),
    );
  }
}

/** The second version, with a length of four bytes. */
function header(messages: readonly Uint8Array[]): Uint8Array {
  const content = bytes(...messages);
  return bytes(utf8('OHDR'), [2, 2], uint(content.length, 4), content, uint(0, 4));
}

function message(type: number, ...parts: Bytes[]): Uint8Array {
  const content = bytes(...parts);
  return bytes([type], uint(content.length, 2), [0], content);
}

function dataspace(shape: readonly number[]): Uint8Array {
  return message(
    1,
    [2, shape.length, 0, shape.length === 0 ? 0 : 1],
    ...shape.map((side) => uint(side, 8)),
  );
}

const NOWHERE = new Uint8Array(8).fill(255);
const FLOAT32 = message(
  3,
  [0x11, 0x20, 0x1f, 0],
  uint(4, 4),
  [0, 0, 32, 0, 23, 8, 0, 23],
  uint(127, 4),
);

/** Texts of one length, as NumPy has them. */
function attribute(name: string, texts: readonly string[]): Uint8Array {
  const longest = Math.max(1, ...texts.map((text) => utf8(text).length));
  const padded = texts.map((text) => {
    const out = new Uint8Array(longest);
    out.set(utf8(text));
    return out;
  });
  const type = bytes([0x13, 0, 0, 0], uint(longest, 4));
  const space = bytes([2, 1, 0, 1], uint(texts.length, 8));
  const own = bytes(utf8(name), [0]);
  return message(
    0x0c,
    [3, 0],
    ...[own, type, space].map((part) => uint(part.length, 2)),
    [0],
    own,
    type,
    space,
    ...padded,
  );
}

function positionOf(index: number, sides: readonly number[]): number[] {
  const position = new Array<number>(sides.length).fill(0);
  let rest = index;
  for (let axis = sides.length - 1; axis >= 0; axis--) {
    position[axis] = rest % sides[axis];
    rest = Math.floor(rest / sides[axis]);
  }
  return position;
}

function indexOf(position: readonly number[], sides: readonly number[]): number {
  return position.reduce((index, at, axis) => index * sides[axis] + at, 0);
}

type Bytes = Uint8Array | readonly number[];

function bytes(...parts: readonly Bytes[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function uint(value: number, width: number): Uint8Array {
  return Uint8Array.from({ length: width }, (_, i) => Math.floor(value / 256 ** i) % 256);
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
