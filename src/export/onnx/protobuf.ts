/**
 * Protocol Buffers' wire format, as far as ONNX needs it. A message is a list of pieces, so that a tensor's numbers go from
 * where they lie into the file, however deep in messages they are.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export interface Message {
  readonly length: number;
  readonly pieces: readonly Uint8Array[];
}

const WIRE = { varint: 0, length: 2, fixed32: 5 } as const;

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

export function text(field: number, value: string): Message {
  return bytes(field, new TextEncoder().encode(value));
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
