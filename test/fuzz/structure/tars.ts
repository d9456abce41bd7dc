import { tarOf } from '../../support/containers.js';
import { bytes, int64, op, type Part, pickle } from '../../support/pickles.js';
import { EDGES, little, pick, type Random, rearranged } from '../random.js';
import { someText, someValue } from './values.js';

/** Parts of a member that stand one behind the other. */
type Pieces = readonly Uint8Array[];

const id = (key: number): Part => [op.text(String(key)), 'Q'];
const words = (...values: number[]): Uint8Array[] => values.map(int64);

const MEMBERS: readonly (readonly [string, Pieces])[] = [
  ['sys_info', [pickle('}')]],
  ['pickle', [pickle(op.dict({ t: id(101), view: id(102) }))]],
  [
    'tensors',
    [
      pickle(op.int(2)),
      pickle(op.tuple(op.int(101), op.int(7), op.global('torch', 'FloatTensor'))),
      ...words(2, 2, 3, 3, 1, 0),
      pickle(op.tuple(op.int(102), op.int(8), op.global('torch', 'FloatTensor'))),
      ...words(1, 3, 1, 0),
    ],
  ],
  [
    'storages',
    [
      pickle(op.int(1)),
      pickle(op.tuple(op.int(7), op.text('cpu'), op.global('torch', 'FloatStorage'))),
      int64(6),
      new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer),
      pickle(op.list(op.tuple(op.int(8), op.int(7), op.int(3), op.int(3)))),
    ],
  ],
];

/** A tar archive with right checksums, and members, pickles or words in them that are changed. */
export function changedTar(random: Random): Uint8Array {
  let members = MEMBERS;
  for (let i = 1 + random(2); i > 0; i--) {
    const at = random(members.length);
    const [name, pieces] = members[at];
    const changes: (() => typeof members)[] = [
      () => members.with(at, [name, changedPieces(pieces, random)]),
      () => members.with(at, [name, changedPieces(pieces, random)]),
      () => members.with(at, [pick(MEMBERS, random)[0], pieces]),
      () => rearranged(members, random, () => pick(MEMBERS, random)),
    ];
    members = pick(changes, random)();
    if (members.length === 0) members = MEMBERS;
  }
  const files = members.map(([name, pieces]) => [name, bytes(...pieces)] as const);
  return withOddHeader(tarOf(files), random);
}

function changedPieces(pieces: Pieces, random: Random): Pieces {
  if (pieces.length === 0) return [pickle(someValue(random, 1))];
  const at = random(pieces.length);
  const isWord = pieces[at].length === 8;
  if (random(3) === 0) return rearranged(pieces, random, () => someWord(random));
  return pieces.with(at, isWord ? someWord(random) : somePickle(random));
}

const someWord = (random: Random) => little(pick(EDGES, random), 8);

function somePickle(random: Random): Uint8Array {
  const key = () => (random(2) === 0 ? op.int(pick([7, 8, 101, 102], random)) : someText(random));
  return pick(
    [
      () => pickle(someValue(random, 2)),
      () => pickle(op.int(random(4))),
      () => pickle(op.tuple(key(), key(), op.global('torch', 'FloatStorage'))),
      () => pickle(op.list(op.tuple(key(), key(), op.int(random(7)), op.int(random(7))))),
      () => pickle(['}(', key(), [key(), 'Q'], key(), someValue(random, 1), 'u']),
    ],
    random,
  )();
}

/** The size of the first member in an odd spelling, with the checksum that belongs to it. */
function withOddHeader(file: Uint8Array, random: Random): Uint8Array {
  if (random(6) > 0) return file;
  const out = file.slice();
  const size = pick(['77777777777\0', '-0000000001\0', '           \0', '1 2        \0'], random);
  out.set(new TextEncoder().encode(size), 124);
  out.fill(0x20, 148, 156);
  const sum = out.subarray(0, 512).reduce((a, b) => a + b, 0);
  out.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
  return out;
}
