import { SAFETENSORS_DTYPES } from '../../../src/pth/container/safetensors.js';
import { safetensorsFile } from '../../support/containers.js';
import { EDGES, pick, type Random, rearranged } from '../random.js';

/** JSON in which a field can stand twice: a text as it is written, a list, or an object's fields. */
type Json = string | { readonly list: readonly Json[] } | { readonly fields: readonly Field[] };
type Field = readonly [name: string, value: Json];

const tensor = (type: string, shape: readonly number[], from: number, to: number): Json => ({
  fields: [
    ['dtype', JSON.stringify(type)],
    ['shape', { list: shape.map(String) }],
    ['data_offsets', { list: [from, to].map(String) }],
  ],
});

const HEADER: Json = {
  fields: [
    ['__metadata__', { fields: [['format', '"pt"']] }],
    ['a', tensor('F32', [2, 1], 0, 8)],
    ['b', tensor('I64', [], 8, 16)],
    ['c', tensor('C64', [1], 16, 24)],
    ['none', tensor('F16', [0, 3], 24, 24)],
  ],
};
const NAMES = ['a', 'b', 'dtype', 'shape', 'data_offsets', '__metadata__', '__proto__', 'config'];
const ODD = ['1e1', '-0', '1.0', '01', '-1', '1e999', 'null', 'true', '""', '"\\ud800"', '"pt"'];

/** A file whose header is JSON as a tree with a branch changed; its length is right. */
export function changedHeader(random: Random): Uint8Array {
  let header: Json = HEADER;
  for (let i = 1 + random(3); i > 0; i--) header = changed(header, random, 3);
  const space = random(4) === 0 ? pick([' ', '\n\t', '  '], random) : '';
  return safetensorsFile(`${written(header, space)}${space}`, new Uint8Array(24));
}

function changed(json: Json, random: Random, depth: number): Json {
  const goesOn = depth > 0 && random(4) > 0;
  if (typeof json === 'string') return someJson(random, 0);
  if ('list' in json) {
    const { list } = json;
    if (list.length === 0 || random(2) === 0) {
      return { list: rearranged(list, random, () => someJson(random, 1)) };
    }
    return { list: list.with(random(list.length), someJson(random, 1)) };
  }
  const { fields } = json;
  if (!goesOn || fields.length === 0) {
    return { fields: rearranged(fields, random, () => someField(random)) };
  }
  const at = random(fields.length);
  const [name, value] = fields[at];
  const isRenamed = random(8) === 0;
  return {
    fields: fields.with(at, [
      isRenamed ? pick(NAMES, random) : name,
      isRenamed ? value : changed(value, random, depth - 1),
    ]),
  };
}

const someField = (random: Random): Field => [
  pick(NAMES, random),
  random(2) === 0 ? someJson(random, 2) : tensor('F32', [random(3)], 24, 24 + 4 * random(3)),
];

function someJson(random: Random, depth: number): Json {
  const kinds: (() => Json)[] = [
    () => String(pick(EDGES, random)),
    () => pick(ODD, random),
    () => JSON.stringify(pick([...SAFETENSORS_DTYPES.keys(), 'F4'], random)),
  ];
  if (depth > 0) {
    const list = () => Array.from({ length: random(3) }, () => someJson(random, depth - 1));
    kinds.push(
      () => ({ list: list() }),
      () => ({ fields: list().map((item) => [pick(NAMES, random), item] as const) }),
      () => `${'['.repeat(random(200))}${']'.repeat(random(200))}`,
    );
  }
  return pick(kinds, random)();
}

function written(json: Json, space: string): string {
  if (typeof json === 'string') return json;
  if ('list' in json) return `[${json.list.map((item) => written(item, space)).join(`,${space}`)}]`;
  const fields = json.fields.map(
    ([name, value]) => `${JSON.stringify(name)}:${space}${written(value, space)}`,
  );
  return `{${fields.join(`${space},`)}}`;
}
