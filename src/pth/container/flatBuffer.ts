import type { Budget } from '../budget.js';
import { COSTS } from '../pickle/costs.js';
import { decodeUtf8 } from '../pickle/text.js';
import { PthError } from '../pthError.js';

/** A table of a FlatBuffer: its fields by their numbers, each of which may be absent. */
export interface Table {
  readonly at: number;
}

/**
 * Reads a FlatBuffer by its schema's numbers. Whatever is read lies within the bytes, and costs.
 * @see https://flatbuffers.dev/internals/
 */
export class FlatBuffer {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #budget: Budget;

  constructor(bytes: Uint8Array, budget: Budget) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#budget = budget;
  }

  get root(): Table {
    return this.#table(this.#target(0));
  }

  /** `0` where it is absent, as in all readers of the format. */
  number(table: Table, field: number, type: 'int8' | 'uint8' | 'int32' | 'uint32'): number {
    const at = this.#field(table, field);
    return at === null ? 0 : this.#number(at, type);
  }

  /** A struct of one number, that stands behind a reference. */
  struct(
    table: Table,
    field: number,
    type: 'bool' | 'int64' | 'float64',
  ): number | bigint | boolean {
    const at = this.#field(table, field);
    const found = at === null ? null : this.#target(at);
    if (found === null) throw bad('A value lacks its number', table.at);
    this.#within(found, type === 'bool' ? 1 : 8);
    if (type === 'bool') return this.#view.getUint8(found) !== 0;
    return type === 'int64'
      ? this.#view.getBigInt64(found, true)
      : this.#view.getFloat64(found, true);
  }

  table(table: Table, field: number): Table | null {
    const at = this.#field(table, field);
    return at === null ? null : this.#table(this.#target(at));
  }

  text(table: Table, field: number): string {
    const at = this.#field(table, field);
    return at === null ? '' : this.#text(this.#target(at));
  }

  bytesOf(table: Table, field: number): Uint8Array | null {
    const vector = this.#vector(table, field, 1);
    return vector === null ? null : this.bytes.subarray(vector.start, vector.start + vector.length);
  }

  /** A list of whole numbers. */
  numbers(table: Table, field: number, type: 'int32' | 'uint32' | 'int64'): number[] {
    const width = type === 'int64' ? 8 : 4;
    const { start, length } = this.#vector(table, field, width) ?? { start: 0, length: 0 };
    this.#budget.takeValues(length * (COSTS.slot + COSTS.number), 'A list');
    return Array.from({ length }, (_, i) => {
      const at = start + i * width;
      if (type === 'int64') return Number(this.#view.getBigInt64(at, true));
      return type === 'int32' ? this.#view.getInt32(at, true) : this.#view.getUint32(at, true);
    });
  }

  tables(table: Table, field: number): Table[] {
    const { start, length } = this.#vector(table, field, 4) ?? { start: 0, length: 0 };
    this.#budget.takeValues(length * COSTS.call, 'A list');
    return Array.from({ length }, (_, i) => this.#table(this.#target(start + 4 * i)));
  }

  texts(table: Table, field: number): string[] {
    const { start, length } = this.#vector(table, field, 4) ?? { start: 0, length: 0 };
    this.#budget.takeValues(length * COSTS.slot, 'A list');
    return Array.from({ length }, (_, i) => this.#text(this.#target(start + 4 * i)));
  }

  /** Where a field's value stands; `null` where the table does not have it. */
  #field({ at }: Table, field: number): number | null {
    const head = at - this.#number(at, 'int32');
    const place = 4 + 2 * field;
    if (place + 2 > this.#short(head)) return null;
    const offset = this.#short(head + place);
    return offset === 0 ? null : at + offset;
  }

  #vector(table: Table, field: number, width: number): { start: number; length: number } | null {
    const at = this.#field(table, field);
    if (at === null) return null;
    const vector = this.#target(at);
    const length = this.#number(vector, 'uint32');
    this.#within(vector + 4, length * width);
    return { start: vector + 4, length };
  }

  #text(at: number): string {
    const length = this.#number(at, 'uint32');
    this.#within(at + 4, length);
    this.#budget.takeValues(COSTS.text + COSTS.character * length, 'A text');
    const text = decodeUtf8(this.bytes.subarray(at + 4, at + 4 + length));
    if (text === null) throw bad('A text is not in UTF-8', at);
    return text;
  }

  #table(at: number): Table {
    this.#within(at, 4);
    return { at };
  }

  #target(at: number): number {
    return at + this.#number(at, 'uint32');
  }

  #short(at: number): number {
    this.#within(at, 2);
    return this.#view.getUint16(at, true);
  }

  #number(at: number, type: 'int8' | 'uint8' | 'int32' | 'uint32'): number {
    this.#within(at, type.endsWith('8') ? 1 : 4);
    if (type === 'int8') return this.#view.getInt8(at);
    if (type === 'uint8') return this.#view.getUint8(at);
    return type === 'int32' ? this.#view.getInt32(at, true) : this.#view.getUint32(at, true);
  }

  #within(at: number, length: number): void {
    if (at >= 0 && at + length <= this.bytes.length) return;
    throw bad(
      'A part of the mobile program lies outside of it: the file is damaged, or cut short',
      at,
    );
  }
}

export function bad(message: string, offset: number): PthError {
  return new PthError('ERR_PTH_TORCHSCRIPT', message, { offset });
}
