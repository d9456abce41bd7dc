import { bytes } from '../../support/pickles.js';
import { EDGES, pick, type Random, rearranged } from '../random.js';
import type { Seed } from '../seeds.js';

/** A field of Protocol Buffers: what it holds goes with its kind. */
interface Field {
  readonly number: bigint;
  readonly wire: bigint;
  readonly value: bigint | Uint8Array | readonly Field[];
}

/** Fields that are messages here: the graph, its initialisers, nodes, their attributes, values, and metadata. */
const MESSAGES: ReadonlySet<string> = new Set([
  ...['/7', '/7/5', '/14', '/8', '/7/1', '/7/1/5', '/7/1/5/5'],
  ...['/7/11', '/7/11/2', '/7/11/2/1', '/7/11/2/1/2', '/7/11/2/1/2/1', '/7/12'],
]);

let models: readonly (readonly Field[])[] | undefined;

/** A model whose fields are doubled, moved, of other numbers, kinds and values; most lengths are right. */
export function changedModel(random: Random, seeds: readonly Seed[]): Uint8Array {
  models ??= seeds.filter(({ name }) => /^onnx/.test(name)).map(({ file }) => fieldsOf(file, ''));
  let fields = pick(models, random);
  // The first two fields are what a model of this project is known by.
  for (let i = 1 + random(3); i > 0; i--) {
    fields = [...fields.slice(0, 2), ...changed(fields.slice(2), random, 6)];
  }
  return written(fields, random);
}

function changed(fields: readonly Field[], random: Random, depth: number): readonly Field[] {
  if (fields.length === 0 || random(4) === 0) {
    return rearranged(fields, random, () => someField(random));
  }
  const messages = fields.flatMap(({ value }, i) => (isMessage(value) ? [i] : []));
  if (depth > 0 && messages.length > 0 && random(4) > 0) {
    const at = pick(messages, random);
    const { value } = fields[at];
    if (!isMessage(value)) return fields;
    return fields.with(at, { ...fields[at], value: changed(value, random, depth - 1) });
  }
  const at = random(fields.length);
  const field = fields[at];
  const changes: (() => Field)[] = [
    () => ({ ...field, number: BigInt(random(20)) }),
    () => ({ ...field, wire: BigInt(random(8)) }),
    () => ({ ...someField(random), number: field.number }),
    () => ({ ...field, wire: 2n, value: new Uint8Array(random(40)).fill(random(256)) }),
  ];
  return fields.with(at, pick(changes, random)());
}

function someField(random: Random): Field {
  const number = BigInt(random(4) === 0 ? 2 ** random(32) : random(20));
  const wire = pick([0n, 1n, 2n, 5n], random);
  const sizes = { 1: 8, 2: random(20), 5: 4 };
  const value =
    wire === 0n
      ? BigInt.asUintN(64, pick(EDGES, random))
      : new Uint8Array(sizes[Number(wire) as keyof typeof sizes]).fill(random(256));
  return { number, wire, value };
}

function fieldsOf(message: Uint8Array, path: string): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const [number, wire] = [tag >> 3n, tag & 7n];
    if (wire === 0n) {
      fields.push({ number, wire, value: varint() });
      continue;
    }
    const length = wire === 2n ? Number(varint()) : 4;
    const content = message.slice(at, at + length);
    at += length;
    const inner = `${path}/${number}`;
    fields.push({ number, wire, value: MESSAGES.has(inner) ? fieldsOf(content, inner) : content });
  }
  return fields;
}

function written(fields: readonly Field[], random: Random): Uint8Array {
  return bytes(
    ...fields.map(({ number, wire, value }) => {
      const tag = varintOf((number << 3n) | wire);
      if (typeof value === 'bigint') return [tag, varintOf(value)];
      const content = value instanceof Uint8Array ? value : written(value, random);
      if (wire !== 2n) return [tag, content];
      const isWrong = random(100) === 0;
      const length = isWrong ? BigInt.asUintN(64, pick(EDGES, random)) : BigInt(content.length);
      return [tag, varintOf(length), content];
    }),
  );
}

function varintOf(value: bigint): Uint8Array {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 128n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  return Uint8Array.from([...out, Number(rest)]);
}

function isMessage(value: Field['value']): value is readonly Field[] {
  return Array.isArray(value);
}
