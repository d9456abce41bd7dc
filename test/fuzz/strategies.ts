import { safetensorsFile } from '../support/containers.js';
import { bytes, legacyFile, op, type Part, pickle } from '../support/pickles.js';
import { EDGES, edge, pick, type Random } from './random.js';
import { BESIDE, CHECKPOINT, type Seed, STORAGES, torchZipOf } from './seeds.js';
import { changedProgram } from './structure/exportedPrograms.js';
import { changedLegacy } from './structure/legacy.js';
import { changedModel } from './structure/onnxModels.js';
import { changedInstructions } from './structure/pickles.js';
import { changedHeader } from './structure/safetensors.js';
import { changedTar } from './structure/tars.js';
import { someCheckpoint } from './structure/values.js';
import { changedZip } from './structure/zips.js';

export interface Strategy {
  readonly name: string;
  mutate(seed: Seed, random: Random, others: readonly Seed[]): Uint8Array;
}

/** Opcodes of pickles, those that must be refused among them. */
const OPCODES = [...'(.012FGIJKLMNPQRSTUVX]}abcdeghijlopqrstu)'].map((c) => c.charCodeAt(0));
const NEW_OPCODES = Array.from({ length: 0x99 - 0x80 }, (_, i) => 0x80 + i);

export const STRATEGIES: readonly Strategy[] = [
  { name: 'prefix', mutate: ({ file }, random) => file.slice(0, random(file.length)) },
  {
    name: 'one byte',
    mutate: ({ file }, random) => withByte(file, random(file.length), random(256)),
  },
  {
    name: 'some bytes',
    mutate: ({ file }, random) => {
      const out = file.slice();
      for (let i = 2 + random(8); i > 0; i--) out[random(out.length)] = random(256);
      return out;
    },
  },
  {
    name: 'one bit',
    mutate: ({ file }, random) => {
      const at = random(file.length);
      return withByte(file, at, file[at] ^ (1 << random(8)));
    },
  },
  {
    name: 'a number at its edge',
    mutate: ({ file }, random) => {
      const out = file.slice();
      const width = pick([2, 4, 8], random);
      const at = random(Math.max(1, out.length - width));
      let value = pick(EDGES, random);
      for (let i = 0; i < width && at + i < out.length; i++, value >>= 8n) {
        out[at + i] = Number(value & 255n);
      }
      return out;
    },
  },
  {
    name: 'a span moved',
    mutate: ({ file }, random) => {
      const [from, to, at] = [random(file.length), random(file.length), random(file.length)];
      const span = file.subarray(Math.min(from, to), Math.min(Math.max(from, to), from + 64));
      const keep = random(2) * span.length;
      return bytes(file.subarray(0, at), span, file.subarray(Math.min(file.length, at + keep)));
    },
  },
  {
    name: 'two files in one',
    mutate: ({ file }, random, others) => {
      const other = pick(others, random).file;
      return bytes(file.subarray(0, random(file.length)), other.subarray(random(other.length)));
    },
  },
  {
    name: 'the pickle, in a sound container',
    mutate: (_, random) => contained(changedPickle(random), random),
  },
  { name: 'a pickle made up', mutate: (_, random) => contained(grownPickle(random), random) },
  {
    name: 'the header, in a sound safetensors file',
    mutate: (_, random) => {
      const header = JSON.stringify({
        __metadata__: { format: 'pt' },
        a: { dtype: 'F32', shape: [2, 1], data_offsets: [0, 8] },
        b: { dtype: 'I64', shape: [], data_offsets: [8, 16] },
      });
      const [at, length] = [random(header.length), random(6)];
      const put = pick(
        ['', '0', '9', '-1', '1e9', '1e999', 'null', '{}', '[', '"', '\\u0000', '__proto__'],
        random,
      );
      const text = header.slice(0, at) + put + header.slice(at + length);
      return safetensorsFile(text, new Uint8Array(16));
    },
  },
  {
    name: 'instructions of a pickle, each whole',
    mutate: (_, random) => contained(changedInstructions(random), random),
  },
  {
    name: 'a checkpoint made up',
    mutate: (_, random) => contained(pickle(someCheckpoint(random)), random),
  },
  { name: 'parts of a legacy stream', mutate: (_, random) => changedLegacy(random) },
  { name: 'entries of a zip archive', mutate: (_, random) => changedZip(random) },
  { name: 'members of a tar archive', mutate: (_, random) => changedTar(random) },
  { name: 'the tree of a safetensors header', mutate: (_, random) => changedHeader(random) },
  {
    name: 'descriptions of an exported program',
    mutate: (_, random, seeds) => changedProgram(random, seeds),
  },
  { name: 'fields of an ONNX model', mutate: (_, random, seeds) => changedModel(random, seeds) },
];

/** Everything between the protocol and STOP of the checkpoint, with some of it changed. */
function changedPickle(random: Random): Uint8Array {
  let body = bytes(random(2) === 0 ? CHECKPOINT : BESIDE);
  for (let i = 1 + random(3); i > 0; i--) {
    const at = random(body.length);
    const opcode = random(2) === 0 ? pick(OPCODES, random) : pick(NEW_OPCODES, random);
    const changes: (() => Uint8Array)[] = [
      () => withByte(body, at, opcode),
      () => withByte(body, at, random(256)),
      () => bytes(body.subarray(0, at), opcode, body.subarray(at)),
      () => bytes(body.subarray(0, at), body.subarray(at + 1 + random(4))),
      () => bytes(body.subarray(0, at), edge(random), body.subarray(at)),
    ];
    body = pick(changes, random)();
  }
  return bytes(0x80, 2, body, '.');
}

/** Opcodes with fitting arguments, one after the other. */
function grownPickle(random: Random): Uint8Array {
  const parts: Part[] = [];
  for (let i = 1 + random(24); i > 0; i--) parts.push(grownPart(random, 3));
  return bytes(0x80, 2, parts, random(8) === 0 ? [] : '.');
}

function grownPart(random: Random, depth: number): Part {
  const inner = () => (depth === 0 ? op.int(random(9)) : grownPart(random, depth - 1));
  const count = () => pick([0, 1, 2, 3, 6, 7, 2 ** 31 - 1, -1], random);
  const key = () =>
    op.text(pick(['0', '1', 'state_dict', 'w', '__proto__', 'constructor'], random));
  const storage = () =>
    op.storage(pick(['0', '1', '2'], random), pick(['FloatStorage', 'HalfStorage'], random), 6);
  const parts: (() => Part)[] = [
    () => op.int(count()),
    () => edge(random),
    key,
    () => [pick([0x71, 0x68], random), random(4)], // BINPUT, BINGET
    () => pick(OPCODES, random),
    () => pick(NEW_OPCODES, random),
    () => op.tuple(inner(), inner()),
    () => op.list(inner(), inner()),
    () => ['}(', key(), inner(), key(), inner(), 'u'],
    () => op.tensor(storage(), count(), [count(), 2], [2, count()]),
    () => op.tensor(storage(), 0, [2, 3], [3, 1]),
    () => op.reduce(op.global('collections', 'OrderedDict'), op.tuple(inner())),
    () => op.reduce(op.global('torch._utils', '_rebuild_parameter'), op.tuple(inner(), inner())),
    () => [pick([0x8f, ')'], random), '(', inner(), pick([0x90, 0x91, 'e'], random)],
    () => [op.global('mine', 'Class'), ')', 0x81, inner(), 'b'],
    () => ['C', 2, 0, random(256)],
    () => op.reduce(op.global(pick(['os', 'builtins', 'torch'], random), 'system'), inner()),
  ];
  return pick(parts, random)();
}

function contained(pickled: Uint8Array, random: Random): Uint8Array {
  // `legacyFile` and `pickle` put the frame around: what is inside is what was changed.
  if (random(2) === 0) return torchZipOf(pickled);
  return legacyFile(pickled.subarray(2, -1), STORAGES);
}

function withByte(file: Uint8Array, at: number, value: number): Uint8Array {
  const out = file.slice();
  out[at] = value;
  return out;
}
