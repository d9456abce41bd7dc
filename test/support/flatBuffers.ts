/** A field of a table: a number of 32 bits, a byte, a text, bytes, a list of numbers, of texts or of tables, or a table. */
type Field =
  | number
  | { readonly byte: number }
  | { readonly words: readonly number[] }
  | string
  | Uint8Array
  | readonly string[]
  | readonly FlatTable[]
  | FlatTable;

/** Fields by their numbers. */
export interface FlatTable {
  readonly [field: number]: Field;
}

/** A mobile program of TorchScript as a FlatBuffer, written front to back: what is referred to comes behind. */
export function flatBuffer(root: FlatTable): Uint8Array {
  const out: number[] = [0, 0, 0, 0, 0x50, 0x54, 0x4d, 0x46];
  const put = (at: number, value: number) => {
    for (let i = 0; i < 4; i++) out[at + i] = (value >>> (8 * i)) & 255;
  };
  const word = (value: number): number => {
    const at = out.length;
    out.push(0, 0, 0, 0);
    put(at, value);
    return at;
  };
  const refer = (from: number, to: number) => put(from, to - from);

  function bytes(content: Uint8Array): number {
    const at = word(content.length);
    for (const byte of content) out.push(byte);
    return at;
  }

  function list<T>(items: readonly T[], write: (item: T) => number): number {
    const at = word(items.length);
    const places = items.map(() => word(0));
    for (const [i, item] of items.entries()) refer(places[i], write(item));
    return at;
  }

  function content(field: Field): number {
    if (typeof field === 'string') return bytes(new TextEncoder().encode(field));
    if (field instanceof Uint8Array) return bytes(field);
    if (Array.isArray(field)) {
      return list(field as readonly (string | FlatTable)[], (item) => content(item));
    }
    if (typeof field === 'object' && 'words' in field) {
      const { words } = field as { readonly words: readonly number[] };
      const at = word(words.length);
      for (const value of words) word(value);
      return at;
    }
    return table(field as FlatTable);
  }

  function table(fields: FlatTable): number {
    const numbers = Object.keys(fields).map(Number);
    const count = Math.max(0, ...numbers.map((number) => number + 1));
    const head = out.length;
    const sizes = [4 + 2 * count, 4 + 4 * numbers.length];
    const offsets = Array.from({ length: count }, (_, i) =>
      numbers.includes(i) ? 4 + 4 * numbers.indexOf(i) : 0,
    );
    for (const short of [...sizes, ...offsets]) out.push(short & 255, short >> 8);
    const at = word(out.length - head);
    const places = numbers.map(() => word(0));
    for (const [i, number] of numbers.entries()) {
      const field = fields[number];
      if (typeof field === 'number') put(places[i], field);
      else if (typeof field === 'object' && 'byte' in field)
        out[places[i]] = (field as { byte: number }).byte;
      else refer(places[i], content(field));
    }
    return at;
  }

  const at = table(root);
  refer(0, at);
  return Uint8Array.from(out);
}
