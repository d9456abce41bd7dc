import { utf8Bytes } from './text.js';
/**
 * Protocol Buffers' wire format, as far as ONNX and TensorBoard need it. A message is a list of pieces, so that a tensor's numbers go from
 * where they lie into the file, however deep in messages they are.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export interface Message {
  readonly length: number;
  readonly pieces: readonly Uint8Array[];
}

const WIRE = { varint: 0, fixed64: 1, length: 2, fixed32: 5 } as const;

/** Fields, one after the other. */
export function message(...fields: readonly (Message | null)[]): Message {
  const there = fields.filter((field) => field !== null);
  return {
    length: there.reduce((sum, { length }) => sum + length, 0),
    pieces: there.flatMap(({ pieces }) => pieces),
  };
}

/** A safe integer that is not negative. */
export function integer(field: number, value: number): Message {
  return piece(...tag(field, WIRE.varint), ...varint(value));
}

export function float(field: number, value: number): Message {
  const bytes = new Uint8Array(Float32Array.of(value).buffer);
  return piece(...tag(field, WIRE.fixed32), ...bytes);
}

export function double(field: number, value: number): Message {
  const bytes = new Uint8Array(Float64Array.of(value).buffer);
  return piece(...tag(field, WIRE.fixed64), ...bytes);
}

export function text(field: number, value: string): Message {
  return bytes(field, utf8Bytes(value));
}

/** The bytes are not copied. */
export function bytes(field: number, value: Uint8Array): Message {
  return nested(field, { length: value.length, pieces: [value] });
}

export function nested(field: number, value: Message): Message {
  const head = piece(...tag(field, WIRE.length), ...varint(value.length));
  return message(head, value);
}

/** A list of messages or values under one field. */
export function repeated<T>(values: readonly T[], write: (value: T) => Message): Message {
  return message(...values.map(write));
}

function tag(field: number, wire: number): number[] {
  return varint(field * 8 + wire);
}

function varint(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  out.push(rest);
  return out;
}

function piece(...values: number[]): Message {
  return { length: values.length, pieces: [Uint8Array.from(values)] };
}

/** A field as it stands in a message: a varint, or the bytes of any other type. */
export interface Field {
  readonly field: number;
  readonly value: number | Uint8Array;
}

/**
 * The fields of a message in memory. Bytes are windows on those given; varints are signed, and lose digits beyond 2⁵³.
 * @returns `null` for what is no message: nothing else is told of it.
 */
export function readFields(bytes: Uint8Array): Field[] | null {
  const fields: Field[] = [];
  return visitFields(bytes, (field) => fields.push(field)) ? fields : null;
}

/**
 * The fields of a message, one after the other; none is kept.
 * @returns Whether it is a message to its end.
 */
export function visitFields(bytes: Uint8Array, visit: (field: Field) => void): boolean {
  for (let at = 0; at < bytes.length; ) {
    const head = readVarint(bytes, at);
    if (head === null) return false;
    const wire = head.value % 8;
    const value = readValue(bytes, head.end, wire);
    if (value === null) return false;
    visit({ field: Math.floor(head.value / 8), value: value.value });
    at = value.end;
  }
  return true;
}

interface Read<T> {
  readonly value: T;
  readonly end: number;
}

function readValue(bytes: Uint8Array, at: number, wire: number): Read<number | Uint8Array> | null {
  if (wire === WIRE.varint) return readVarint(bytes, at);
  let [start, length] = [at, wire === WIRE.fixed64 ? 8 : wire === WIRE.fixed32 ? 4 : -1];
  if (wire === WIRE.length) {
    const prefix = readVarint(bytes, at);
    if (prefix === null) return null;
    [start, length] = [prefix.end, prefix.value];
  }
  if (length < 0 || length > bytes.length - start) return null;
  return { value: bytes.subarray(start, start + length), end: start + length };
}

/** At most ten bytes, as 64 bits take: of ten, it is a negative number in two's complement. */
export function readVarint(bytes: Uint8Array, at: number): Read<number> | null {
  let value = 0;
  for (let i = 0; i < 10 && at + i < bytes.length; i++) {
    value += (bytes[at + i] & 127) * 128 ** i;
    if (bytes[at + i] >= 128) continue;
    return { value: i === 9 ? negative(bytes, at) : value, end: at + i + 1 };
  }
  return null;
}

/** −1 − ¬value, whose digits are all there where it is small. */
function negative(bytes: Uint8Array, at: number): number {
  let rest = 0;
  for (let i = 0; i < 9; i++) rest += (~bytes[at + i] & 127) * 128 ** i;
  return -1 - rest;
}
