import { zipSync } from 'fflate';
import { describe, expect, it, vi } from 'vitest';
import { inspectWeights } from '../../src/generator/inspectWeights.js';
import { type ByteSource, memorySource } from '../../src/platform/byteSource.js';
import { inflateRaw, inflateRawInTables } from '../../src/platform/inflate.js';
import { BlockSource } from '../../src/pth/blockSource.js';
import { Budget, LIMITS, READ_COST } from '../../src/pth/budget.js';
import { JsonReader } from '../../src/pth/container/jsonReader.js';
import { OPCODES } from '../../src/pth/pickle/opcodes.js';
import { unpickle } from '../../src/pth/pickle/unpickle.js';
import { walkPlaces } from '../../src/pth/pickle/walk.js';
import { PthError } from '../../src/pth/pthError.js';
import { findStateDict } from '../../src/pth/stateDict.js';
import { openContainer, openWeights } from '../../src/pth/weightFile.js';
import { safetensorsFile, torchTar } from '../support/containers.js';
import { bytes, int64, legacyFile, op, type Part, pickle } from '../support/pickles.js';

const ORDERED = op.global('collections', 'OrderedDict');
const OTHER = op.global('my_ordering', 'OrderedDict');

/** Far more than anything here takes, so that costs can be seen. */
const ROOM = { factor: 1 << 20, slack: 0, values: Number.MAX_SAFE_INTEGER };
const TIGHT = { factor: 16, slack: 0, values: Number.MAX_SAFE_INTEGER };

/** What reading a pickle is charged. */
function costOf(content: Uint8Array): number {
  const budget = new Budget(content.length, 0, ROOM);
  unpickle(content, 0, budget);
  return budget.taken;
}

/**
 * Each opcode once, with what it needs below it and what it leaves taken away again, so that a thousand in a row are one
 * pickle. Bytes behind a text stand for themselves.
 */
const ONCE: Readonly<Record<string, Part>> = {
  PROTO: [0x80, 2],
  FRAME: [0x95, new Uint8Array(8)],
  MARK: '(1',
  POP: 'N0',
  POP_MARK: '(N1',
  DUP: 'N200',
  BINPUT: ['Nq', 0, '0'],
  LONG_BINPUT: ['Nr', 0, 1, 0, 0, '0'],
  PUT: 'Np77777\n0',
  MEMOIZE: ['N', 0x94, '0'],
  BINGET: ['Nq', 0, '0h', 0, '0'],
  LONG_BINGET: ['Nq', 0, '0j', 0, 0, 0, 0, '0'],
  GET: ['Nq', 0, '0g0\n0'],
  NONE: 'N0',
  NEWTRUE: [0x88, '0'],
  NEWFALSE: [0x89, '0'],
  BININT1: ['K', 1, '0'],
  BININT2: ['M', 1, 1, '0'],
  BININT: [op.int(7), '0'],
  LONG1: [0x8a, 1, 1, '0'],
  LONG4: [0x8b, 1, 0, 0, 0, 1, '0'],
  INT: 'I1\n0',
  LONG: 'L1L\n0',
  BINFLOAT: ['G', new Uint8Array(8), '0'],
  FLOAT: 'F1.5\n0',
  BINUNICODE: [op.text('abc'), '0'],
  SHORT_BINUNICODE: [0x8c, 1, 'a', '0'],
  BINUNICODE8: [0x8d, int64(1), 'a', '0'],
  BINSTRING: ['T', 1, 0, 0, 0, 'a', '0'],
  SHORT_BINSTRING: ['U', 1, 'a', '0'],
  STRING: "S'a'\n0",
  UNICODE: 'Va\n0',
  SHORT_BINBYTES: ['C', 1, 0, '0'],
  BINBYTES: ['B', 1, 0, 0, 0, 0, '0'],
  BINBYTES8: [0x8e, int64(1), 0, '0'],
  BYTEARRAY8: [0x96, int64(1), 0, '0'],
  EMPTY_TUPLE: ')0',
  TUPLE1: ['N', 0x85, '0'],
  TUPLE2: ['NN', 0x86, '0'],
  TUPLE3: ['NNN', 0x87, '0'],
  TUPLE: '(t0',
  EMPTY_LIST: ']0',
  LIST: '(l0',
  APPEND: ']Na0',
  APPENDS: '](NNe0',
  EMPTY_DICT: '}0',
  DICT: '(NNd0',
  SETITEM: '}NNs0',
  SETITEMS: '}(NNu0',
  EMPTY_SET: [0x8f, '0'],
  ADDITEMS: [0x8f, '(N', 0x90, '0'],
  FROZENSET: ['(N', 0x91, '0'],
  GLOBAL: 'ca\nb\n0',
  STACK_GLOBAL: [op.text('a'), op.text('b'), 0x93, '0'],
  REDUCE: 'ca\nb\n)R0',
  INST: '(ia\nb\n0',
  OBJ: '(ca\nb\no0',
  NEWOBJ: ['ca\nb\n)', 0x81, '0'],
  NEWOBJ_EX: ['ca\nb\n)}', 0x92, '0'],
  BUILD: 'ca\nb\n)RNb0',
  BINPERSID: 'NQ0',
};

describe('every opcode', () => {
  const MANY = 500;
  const repeated = (part: Part, times: number) =>
    pickle(
      Array.from({ length: times }, () => part),
      'N',
    );

  it('is tried here', () => {
    expect(Object.keys(ONCE).sort()).toEqual([...OPCODES.values()].map(({ name }) => name).sort());
  });

  it.each(Object.entries(ONCE))(
    '%s is charged, a thousand times as much for a thousand, and no more than 256 for a byte',
    (name, part) => {
      const opcode = [...OPCODES.values()].find((known) => known.name === name);
      expect(opcode?.cost).toBeGreaterThan(0);
      const once = costOf(repeated(part, 1)) - costOf(repeated([], 1));
      const often = costOf(repeated(part, MANY)) - costOf(repeated([], 1));
      expect(once).toBeGreaterThanOrEqual(opcode?.cost ?? 0);
      expect(often).toBeLessThanOrEqual(MANY * once);
      // Memo numbers that come again are cheaper; nothing is dearer.
      expect(often).toBeGreaterThanOrEqual((MANY * once) / 2);
      expect(once).toBeLessThanOrEqual(256 * bytes(part).length);
    },
  );

  it.each(Object.entries(ONCE))('%s ends in one error when there is no room for it', (_, part) => {
    const content = repeated(part, MANY);
    const need = costOf(content);
    const limits = { factor: 0, slack: need - 1, values: ROOM.values };
    expect(() => unpickle(content, 0, new Budget(0, 0, limits))).toThrow(
      expect.objectContaining({ code: 'ERR_PTH_TOO_LARGE' }),
    );
    const values = { factor: 0, slack: ROOM.values, values: need - 1 };
    expect(() => unpickle(content, 0, new Budget(0, 0, values))).toThrow(/takes more than/);
    unpickle(content, 0, new Budget(0, 0, { ...limits, slack: need }));
  });
});

describe('texts and lists', () => {
  it.each<[string, (length: number) => Part]>([
    ['a text', (n) => op.text('a'.repeat(n))],
    ['a line', (n) => `V${'a'.repeat(n)}\n`],
    ['a tuple', (n) => op.tuple(...new Array<Part>(n).fill('N'))],
    ['a list', (n) => op.list(...new Array<Part>(n).fill('N'))],
    ['a dict', (n) => ['}(', new Array<Part>(n).fill('NN'), 'u']],
    [
      'an OrderedDict of pairs',
      (n) => ordered(op.list(...new Array<Part>(n).fill(op.tuple('N', 'N')))),
    ],
    ['an integer', (n) => [0x8b, int64(n).subarray(0, 4), new Uint8Array(n)]],
  ])('%s is charged by its length', (_, make) => {
    const [small, large] = [1000, 2000].map((n) => costOf(pickle(make(n))));
    const each = (large - small) / 1000;
    expect(each).toBeGreaterThanOrEqual(1);
    expect(each).toBeLessThanOrEqual(256);
  });

  it('a counter does not copy what it is called with', () => {
    const items = op.tuple(...new Array<Part>(20_000).fill('N'));
    const calls = Array.from({ length: 100 }, () => ['h', 1, 'h', 0, 'R0']);
    const slice = vi.spyOn(Array.prototype, 'slice');
    costOf(
      pickle(op.global('collections', 'Counter'), ['q', 1, '0'], items, ['q', 0, '0'], calls, 'N'),
    );
    const copied = slice.mock.results.reduce((sum, { value }) => sum + value.length, 0);
    slice.mockRestore();
    expect(copied).toBeLessThan(20_000);
  });

  it('an OrderedDict is charged for each list that it takes, not for each list that there is', () => {
    const pairs = op.list(...new Array<Part>(100).fill(op.tuple('N', 'N')));
    const many = (n: number): Part => [
      pairs,
      ['q', 0],
      Array.from({ length: n }, () => ['0ccollections\nOrderedDict\nh', 0, 0x85, 'R']),
    ];
    const cost = costOf(pickle(many(101))) - costOf(pickle(many(1)));
    // Two places in a list of keys and values, and an entry of a map.
    expect(cost).toBeGreaterThanOrEqual(100 * 100 * (2 * 8 + 48));
  });

  it.each<[string, Part, Part, number]>([
    ['a value that is remembered', 'Nq\0', 'N', 8],
    ['one whose number is far from all others', 'Np77777\n', 'N', 48],
    ['a dict that a call makes', op.reduce(ORDERED, ')'), op.reduce(OTHER, ')'), 112],
    ['a dict that is made anew', [ORDERED, ')', 0x81], [OTHER, ')', 0x81], 112],
  ])('%s is charged by what it takes', (_, part, without, least) => {
    expect(costOf(pickle(part)) - costOf(pickle(without))).toBeGreaterThanOrEqual(least);
  });

  it('a name is charged by its length each time that it is put together', () => {
    const [module, name] = ['a'.repeat(100), 'b'.repeat(100)];
    const texts: Part = [op.text(module), ['q', 0, '0'], op.text(name), ['q', 1, '0']];
    const names = (n: number): Part => Array.from({ length: n }, () => ['h\0h', 1, 0x93, '0']);
    const cost = costOf(pickle(texts, names(101), 'N')) - costOf(pickle(texts, names(1), 'N'));
    expect(cost).toBeGreaterThanOrEqual(100 * 2 * (module.length + name.length));
  });

  it('a dict within others is charged by the names that lead to it', () => {
    const inner = Array.from({ length: 100 }, (_, i) => [op.text(`k${i}`), '}']);
    const { value } = unpickle(
      pickle(op.dict({ ['a'.repeat(1000)]: ['}(', inner, 'u'] })),
      0,
      new Budget(1, 0, ROOM),
    );
    const budget = new Budget(1, 0, ROOM);
    expect([...walkPlaces(value, 3, budget)]).toHaveLength(102);
    expect(budget.taken).toBeGreaterThanOrEqual(101 * 1000);
  });

  it('a list or dict is charged for each item that is looked at', () => {
    const items = Array.from({ length: 1000 }, () => 'N');
    for (const part of [
      op.tuple(...items),
      op.list(...items),
      ['}(', items.map((_, i) => [op.int(i), 'N']), 'u'],
    ]) {
      const { value } = unpickle(pickle(part), 0, new Budget(1, 0, ROOM));
      const budget = new Budget(1, 0, ROOM);
      expect([...walkPlaces(value, 3, budget)]).toHaveLength(1);
      expect(budget.taken).toBeGreaterThanOrEqual(1000);
    }
  });
});

function ordered(pairs: Part): Part {
  return op.reduce(ORDERED, op.tuple(pairs));
}

/** Memory that is read as a file is, and how often. */
function counting(content: Uint8Array): ByteSource & { readonly reads: () => number } {
  let reads = 0;
  return {
    size: content.length,
    shared: false,
    reads: () => reads,
    read: async (start, end) => {
      reads++;
      return content.slice(start, end);
    },
  };
}

const t = op.tensor(op.storage('0', 'FloatStorage', 6), 0, [2, 3], [3, 1]);
const SIX = { 0: [1, 2, 3, 4, 5, 6] };

describe('one tensor under many keys', () => {
  const under = (count: number, tensor: Part): Part => [
    [tensor, 'q', 0, '0}('],
    Array.from({ length: count }, (_, i) => [op.text(`k${i}`), 'h', 0]),
    'u',
  ];
  const sixtyFour = op.tensor(
    op.storage('0', 'FloatStorage', 6),
    0,
    new Array<number>(64).fill(1),
    new Array<number>(64).fill(1),
  );

  it('is looked at once, however long the chain of parameters is', async () => {
    let chain: Part = t;
    for (let i = 0; i < 200; i++) {
      chain = op.reduce(
        op.global('torch._utils', '_rebuild_parameter'),
        op.tuple(chain, 0x88, 'N'),
      );
    }
    const taken = async (keys: number) => {
      const { opened } = await openContainer(memorySource(legacyFile(under(keys, chain), SIX)));
      const before = opened.budget.taken;
      expect(findStateDict(opened).refs.size).toBe(keys);
      return opened.budget.taken - before;
    };
    const [few, many] = [await taken(10), await taken(1010)];
    expect((many - few) / 1000).toBeLessThan(200);
  });

  it('is charged by its sides for each key that lists them', async () => {
    const file = legacyFile(under(5000, sixtyFour), SIX);
    await expect(openWeights(file)).rejects.toMatchObject({ code: 'ERR_PTH_TOO_LARGE' });
    expect((await openWeights(legacyFile(under(500, sixtyFour), SIX))).tensors.size).toBe(500);
  });

  it('is read for all of them out of one budget', async () => {
    const wide = op.tensor(op.storage('0', 'FloatStorage', 30_000), 0, [30_000], [1]);
    const file = legacyFile(under(100, wide), { 0: new Array<number>(30_000).fill(1) });
    await expect(inspectWeights(file, { stats: true })).rejects.toMatchObject({
      code: 'ERR_PTH_TOO_LARGE',
    });
    const opened = await openWeights(file);
    const share = (await opened.stateDict()).values().next().value;
    expect(share?.data.length).toBe(30_000);
    // Who asks for one again may have it again.
    for (let i = 0; i < 100; i++) await opened.tensor('k7');
    await expect(
      (async () => {
        for (const key of opened.tensors.keys()) await opened.tensor(key);
      })(),
    ).rejects.toMatchObject({ code: 'ERR_PTH_TOO_LARGE' });
  });

  it('of its own storage each is within the budget, with statistics, too', async () => {
    const keys = Array.from({ length: 60 }, (_, i) => `k${i}`);
    const tensors = keys.map((key) => [
      key,
      op.tensor(op.storage(key, 'FloatStorage', 500), 0, [500], [1]),
    ]);
    const file = legacyFile(
      op.dict(Object.fromEntries(tensors) as Record<string, Part>),
      Object.fromEntries(keys.map((key) => [key, new Array<number>(500).fill(2)])),
    );
    const report = await inspectWeights(new Blob([file as BlobPart]), { stats: true });
    expect(report.tensors.map(({ mean }) => mean)).toEqual(keys.map(() => 2));
  });
});

describe('values beside the tensors', () => {
  it('are charged for each entry that shows them', async () => {
    const list = op.list(...new Array<Part>(200).fill(['K', 1]));
    const root = (entries: number): Part => [
      [list, 'q', 0, '0}(', op.text('w'), t],
      Array.from({ length: entries }, (_, i) => [op.text(`k${i}`), 'h', 0]),
      'u',
    ];
    expect((await openWeights(legacyFile(root(50), SIX))).extras.size).toBe(50);
    await expect(openWeights(legacyFile(root(2000), SIX))).rejects.toMatchObject({
      code: 'ERR_PTH_TOO_LARGE',
    });
  });

  it('are charged by the length of a text for each entry that shows it', async () => {
    const root = (entries: number): Part => [
      [op.text('x'.repeat(20_000)), 'q', 0, '0}(', op.text('w'), t],
      Array.from({ length: entries }, (_, i) => [op.text(`k${i}`), 'h', 0]),
      'u',
    ];
    expect((await openWeights(legacyFile(root(50), SIX))).extras.size).toBe(50);
    await expect(openWeights(legacyFile(root(100), SIX))).rejects.toMatchObject({
      code: 'ERR_PTH_TOO_LARGE',
    });
  });

  it('that are long texts are passed over', async () => {
    const root = op.dict({ w: t, note: op.text('x'.repeat(2 ** 20 + 1)), short: op.text('x') });
    const file = await openWeights(legacyFile(root, SIX));
    expect([...file.extras.keys()]).toEqual(['short']);
    expect(file.passedOver).toEqual([{ name: 'note', type: 'str' }]);
  });
});

describe('containers', () => {
  it('a header that nests is passed without being made, and not deeper than 128', () => {
    const read = (depth: number) => {
      const text = `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
      const json = new JsonReader(new TextEncoder().encode(text), new Budget(1000, 0, TIGHT));
      json.object(() => json.skip());
      json.end();
    };
    read(100);
    expect(() => read(1000)).toThrow(/too deep/);
  });

  it('small pieces come in blocks, and each is charged', async () => {
    const content = torchTar([1, 2, 3, 4, 5, 6], [2, 3]);
    const source = counting(content);
    const opened = await openContainer(source);
    expect(opened.opened.budget.taken).toBeGreaterThanOrEqual(10 * READ_COST);
    expect(source.reads()).toBeLessThanOrEqual(2);
  });

  it('blocks give the same bytes', async () => {
    const content = Uint8Array.from({ length: 100_000 }, (_, i) => i * 7);
    const blocks = new BlockSource(counting(content));
    for (const [start, end] of [
      [0, 0],
      [0, 1],
      [16_383, 16_385],
      [16_384, 32_768],
      [99_999, 100_000],
      [5, 90_000],
    ]) {
      expect(Buffer.compare(await blocks.read(start, end), content.slice(start, end))).toBe(0);
    }
  });

  it('a deflated entry is not unpacked beyond its size, with zlib and without', () => {
    const size = 1 << 18;
    const large = zipSync({ a: new Uint8Array(size) }, { level: 9 });
    const start = 30 + 1;
    const packed = large.subarray(start, start + new DataView(large.buffer).getUint32(18, true));
    for (const inflate of [inflateRaw, inflateRawInTables]) {
      const { bytes, end } = inflate(packed, size);
      expect([end, Buffer.compare(bytes, new Uint8Array(size))]).toEqual(['whole', 0]);
      expect(inflate(packed, 100)).toMatchObject({ end: 'excess', bytes: new Uint8Array(100) });
      expect(inflate(packed.subarray(0, 50), size).end).toBe('unfinished');
    }
  });
});

describe('an error', () => {
  it('is no longer than people read', async () => {
    const name = 'n'.repeat(100_000);
    const files = [
      legacyFile(
        op.dict({ [name]: op.tensor(op.storage('0', 'FloatStorage', 6), 9, [9], [9]) }),
        SIX,
      ),
      legacyFile(op.global('os', name), {}),
      safetensorsFile(
        { [name]: { dtype: 'F32', shape: [3], data_offsets: [0, 4] } },
        new Uint8Array(4),
      ),
      legacyFile(
        op.dict(Object.fromEntries([1, 2, 3].map((i) => [`${i}${name}`, op.dict({ w: t })]))),
        SIX,
      ),
    ];
    for (const file of files) {
      const error = (await openWeights(file).catch((e: unknown) => e)) as PthError;
      expect(error).toBeInstanceOf(PthError);
      expect(error.message.length).toBeLessThan(1100);
    }
  });
});

describe('the limits', () => {
  it('are those that are stated', () => {
    expect(LIMITS).toEqual({ factor: 16, slack: 2 ** 20, values: 2 ** 27 });
    const budget = new Budget(1000);
    expect(budget.limit).toBe(16 * 1000 + 2 ** 20);
    budget.take(1000, 'A test');
    for (const bytes of [-1, Number.NaN]) {
      expect(() => budget.take(bytes, 'A test')).toThrow(PthError);
    }
    const fork = budget.fork();
    fork.take(500, 'A test');
    expect([budget.taken, fork.taken, fork.limit]).toEqual([1000, 1500, budget.limit]);
  });
});
