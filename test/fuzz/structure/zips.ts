import { crc32 } from '../../../src/platform/crc32.js';
import { bytes, pickle } from '../../support/pickles.js';
import { EDGES, little, pick, type Random, rearranged } from '../random.js';
import { CHECKPOINT, STORAGES } from '../seeds.js';
import { someCheckpoint } from './values.js';

/** What a header says of an entry; both headers of a sound archive say the same. */
interface Header {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly storedSize: number;
  readonly size: number;
  readonly extra: Uint8Array;
}

interface Entry {
  readonly local: Header;
  readonly central: Header;
  readonly content: Uint8Array;
  /** How far from its own place the directory says that it stands. */
  readonly shift: number;
}

const WIDE = 0xffffffff;

/** An archive whose entries are changed, or whose two headers do not agree. */
export function changedZip(random: Random): Uint8Array {
  const object = pickle(random(2) === 0 ? CHECKPOINT : someCheckpoint(random));
  let entries: readonly Entry[] = [
    entry('x/data.pkl', object),
    ...Object.entries(STORAGES).map(([key, values]) =>
      entry(`x/data/${key}`, new Uint8Array(Float32Array.from(values).buffer)),
    ),
    entry('x/byteorder', bytes('little')),
    entry('x/config.json', bytes('{"ngf":2}')),
  ];
  for (let i = 1 + random(2); i > 0; i--) {
    const at = random(entries.length);
    if (random(3) === 0) {
      entries = rearranged(entries, random, () => pick(entries, random));
      if (entries.length === 0) entries = [entry('x/data.pkl', object)];
    } else entries = entries.with(at, changed(entries[at], entries, random));
  }
  return written(entries, random);
}

function entry(name: string, content: Uint8Array): Entry {
  const crc = crc32(content);
  const size = content.length;
  const header: Header = {
    name,
    flags: 0,
    method: 0,
    crc,
    storedSize: size,
    size,
    extra: new Uint8Array(0),
  };
  return { local: header, central: header, content, shift: 0 };
}

function changed(old: Entry, others: readonly Entry[], random: Random): Entry {
  const number = () => Number(BigInt.asUintN(32, pick(EDGES, random)));
  const changes: (() => Partial<Header>)[] = [
    () => ({ name: pick(others, random).central.name }),
    () => ({ name: pick(['data.pkl', 'x/data/0', '../x', '/', '', 'x/constants.pkl'], random) }),
    () => ({ flags: 1 << random(16) }),
    () => ({ method: pick([0, 8, 8, 9, 12, 99], random) }),
    () => ({ crc: random(2) === 0 ? 0 : number() }),
    () => ({ storedSize: number() }),
    () => ({ size: number() }),
    () => ({ size: old.content.length + random(3) - 1 }),
    () => ({ size: WIDE, storedSize: WIDE, extra: zip64(old.content.length, random) }),
    () => ({ extra: zip64(old.content.length, random) }),
    () => ({ extra: new Uint8Array(random(12)).fill(random(4)) }),
  ];
  const change = pick(changes, random)();
  const where = random(4);
  return {
    local: where === 1 ? old.local : { ...old.local, ...change },
    central: where === 2 ? old.central : { ...old.central, ...change },
    content: random(16) === 0 ? pick(others, random).content : old.content,
    shift: random(16) === 0 ? random(100) - 50 : 0,
  };
}

/** An extra field of sizes in 64 bits, which are right, at an edge, or not all there. */
function zip64(size: number, random: Random): Uint8Array {
  const sizes = Array.from({ length: random(4) }, () =>
    little(random(4) === 0 ? pick(EDGES, random) : BigInt(size), 8),
  );
  const length = random(8) === 0 ? random(64) : 8 * sizes.length;
  return bytes(little(1n, 2), little(BigInt(length), 2), ...sizes);
}

function written(entries: readonly Entry[], random: Random): Uint8Array {
  let at = 0;
  const locals: Uint8Array[] = [];
  const centrals: Uint8Array[] = [];
  for (const { local, central, content, shift } of entries) {
    const head = bytes('PK', 3, 4, 20, 0, fields(local), bytes(local.name), local.extra);
    const place = little(BigInt(at + shift), 4);
    centrals.push(
      bytes('PK', 1, 2, 20, 0, 20, 0, fields(central), new Uint8Array(10), place, [
        central.name,
        central.extra,
      ]),
    );
    locals.push(head, content);
    at += head.length + content.length;
  }
  const directory = bytes(...centrals);
  const count = BigInt(entries.length + (random(24) === 0 ? random(3) - 1 : 0));
  const [size, start] = [directory.length, at].map((value) =>
    random(32) === 0 ? pick(EDGES, random) : BigInt(value),
  );
  const wide = random(6) === 0 ? end64({ count, size, start, at: at + directory.length }) : [];
  return bytes(
    ...locals,
    directory,
    wide,
    ['PK', 5, 6, 0, 0, 0, 0],
    [little(count, 2), little(count, 2), little(size, 4), little(start, 4), 0, 0],
  );
}

/** From the flags to the lengths of name and extra field. */
function fields({ name, flags, method, crc, storedSize, size, extra }: Header): Uint8Array {
  const lengths = [bytes(name).length, extra.length].map((length) => little(BigInt(length), 2));
  return bytes(
    ...[flags, method, 0, 0].map((value) => little(BigInt(value), 2)),
    ...[crc, storedSize, size].map((value) => little(BigInt(value), 4)),
    ...lengths,
  );
}

/** The end record of zip64, and where it is told to stand. */
function end64(end: { count: bigint; size: bigint; start: bigint; at: number }): Uint8Array {
  const { count, size, start, at } = end;
  return bytes(
    ['PK', 6, 6, little(44n, 8), new Uint8Array(12)],
    ...[count, count, size, start].map((value) => little(value, 8)),
    ['PK', 6, 7, new Uint8Array(4), little(BigInt(at), 8), 1, 0, 0, 0],
  );
}
