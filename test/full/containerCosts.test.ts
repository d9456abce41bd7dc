import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../src/platform/byteSource.js';
import { concatenate } from '../../src/platform/concatenate.js';
import {
  bytes as field,
  integer,
  type Message,
  message,
  nested,
  text,
} from '../../src/platform/protobuf.js';
import { Budget } from '../../src/pth/budget.js';
import { FORMATS } from '../../src/pth/container/formats.js';
import { passedOver } from '../../src/pth/passedOver.js';
import { unpickle } from '../../src/pth/pickle/unpickle.js';
import { plainEntries } from '../../src/pth/plainValue.js';
import { findStateDict } from '../../src/pth/stateDict.js';
import { openContainer } from '../../src/pth/weightFile.js';
import { safetensorsFile, tarFile } from '../support/containers.js';
import { type FlatTable, flatBuffer } from '../support/flatBuffers.js';
import { array, group, hdf5File, layer } from '../support/hdf5.js';
import { bytes, int64, legacyFile, ndarray, op, type Part, pickle } from '../support/pickles.js';

/** Far more than anything here takes, so that costs can be seen. */
const ROOM = { factor: 1 << 20, slack: 0, values: Number.MAX_SAFE_INTEGER };
/** What a byte of a file may cost at most, whatever it is a byte of. What comes to more has to pay with numbers. */
const MAX_PER_BYTE = 64;

const times = <T>(n: number, make: (i: number) => T): T[] =>
  Array.from({ length: n }, (_, i) => make(i));
const record = <T>(n: number, make: (i: number) => [string, T]): Record<string, T> =>
  Object.fromEntries(times(n, make));
const scalar = (key: string) => op.tensor(op.storage(key, 'FloatStorage', 1), 0, [], []);

/** As torch before 0.1.10 wrote them; storages, views and tensors of one number each. */
function oldTar({ storages = 1, views = 0, tensors = 1, sides = 0 }): Uint8Array {
  const tensor = (i: number): Part => [
    pickle(op.tuple(op.int(1e6 + i), op.int(0), op.global('torch', 'FloatTensor'))),
    int64(sides),
    times(2 * sides, () => int64(1)),
    int64(0),
  ];
  const storage = (i: number): Part => [
    pickle(op.tuple(op.int(i), op.text('cpu'), op.global('torch', 'FloatStorage'))),
    int64(1),
    new Uint8Array(4),
  ];
  const view = (i: number) => op.tuple(op.int(2e6 + i), op.int(0), op.int(0), op.int(1));
  return tarFile({
    sys_info: pickle('}'),
    pickle: pickle(op.dict(record(tensors, (i) => [`k${i}`, [op.text(String(1e6 + i)), 'Q']]))),
    tensors: bytes(pickle(op.int(tensors)), times(tensors, tensor)),
    storages: bytes(
      pickle(op.int(storages)),
      times(storages, storage),
      pickle(op.list(...times(views, view))),
    ),
  });
}

const initialiser = (name: string, ...more: Message[]) =>
  nested(5, message(integer(2, 1), text(8, name), field(9, new Uint8Array(4)), ...more));

const nodeOf = (field: number, name: string, ...more: Message[]) =>
  nested(field, message(text(4, 'Relu'), text(2, name), ...more));

const node = (name: string, ...more: Message[]) => nodeOf(1, name, ...more);

function onnx(inGraph: Message[], inModel: Message[] = []): Uint8Array {
  const model = message(
    integer(1, 8),
    text(2, 'cyclegan-ts'),
    ...inModel,
    nested(7, message(initialiser('w'), ...inGraph)),
  );
  return concatenate(model.pieces);
}

/** A program of torch.export. */
function exported(graph: object, tensors: object = {}, inputs: readonly object[] = []): Uint8Array {
  const config = { config: { w: LISTED, ...tensors } };
  const model = { graph_module: { graph, signature: { input_specs: inputs } } };
  return zipSync(
    {
      'x/data/weights/w': new Uint8Array(4),
      'x/data/weights/model_weights_config.json': strToU8(JSON.stringify(config)),
      'x/models/model.json': strToU8(JSON.stringify(model)),
    },
    { level: 0 },
  );
}

const LISTED = {
  path_name: 'w',
  tensor_meta: {
    dtype: 7,
    sizes: [{ as_int: 1 }],
    strides: [{ as_int: 1 }],
    storage_offset: { as_int: 0 },
    layout: 7,
  },
};

const argument = (i: number) => ({ name: `a${i}`, arg: { as_int: i } });

const aten = (name: string, inputs: readonly object[] = []) => ({
  target: 'torch.ops.aten.relu.default',
  name,
  inputs,
  outputs: [{ as_tensor: { name } }],
});

const oldModule = (i: number) => ({
  torchscriptArena: { key: `code/m${i}.py` },
  name: `m${i}`,
  optimize: true,
});

/** TorchScript of torch 1.0 to 1.3. */
function oldScript(modules: readonly object[], tensors: number): Uint8Array {
  const tensor = { dims: ['1'], strides: ['1'], dataType: 'FLOAT', data: { key: 'tensors/0' } };
  const parameters = times(tensors, (i) => ({ tensorId: `${i}`, name: `p${i}` }));
  const model = {
    mainModule: { name: 'm', submodules: modules, parameters },
    tensors: times(tensors, () => tensor),
  };
  const entries = {
    'x/tensors/0': new Uint8Array(4),
    'x/model.json': strToU8(JSON.stringify(model)),
  };
  return zipSync(entries, { level: 0 });
}

/** A mobile program as a FlatBuffer: one object that holds a tensor, and what else is asked for. */
function mobile({ storages = 0, values = 0, objects = 0 }): Uint8Array {
  const attributes = [1, ...times(objects + values, (i) => i + 2)];
  const value = (kind: number, table: FlatTable): FlatTable => ({ 0: { byte: kind }, 1: table });
  const names = attributes.map((i) => `a${i}`);
  const type: FlatTable = { 0: '__torch__.Module', 2: names };
  return flatBuffer({
    4: [
      value(10, { 2: { words: attributes } }),
      value(5, { 1: { byte: 6 }, 3: { words: [1] }, 4: { words: [1] } }),
      ...times(objects, () => value(10, { 0: 1 })),
      ...times(values, () => value(6, { 0: 'text' })),
    ],
    6: times(storages + 1, (): FlatTable => ({ 0: new Uint8Array(4) })),
    7: [type, { 0: '__torch__.Empty' }],
  });
}

/** Whatever there can be many of in a file, by its format: a file that has it `n` times. */
const REPEATED: Readonly<Record<string, Readonly<Record<string, (n: number) => Uint8Array>>>> = {
  zip: {
    'entries beside': (n) =>
      zipSync(
        { 'x/data.pkl': pickle('}'), ...record(n, (i) => [`x/e${i}`, new Uint8Array(0)]) },
        { level: 0 },
      ),
    storages: (n) =>
      zipSync(
        {
          'x/data.pkl': pickle(op.dict(record(n, (i) => [`k${i}`, scalar(`${i}`)]))),
          ...record(n, (i) => [`x/data/${i}`, new Uint8Array(4)]),
        },
        { level: 0 },
      ),
    'modules of an old program': (n) => oldScript(times(n, oldModule), 1),
    'tensors of an old program': (n) => oldScript([], n),
    'tensors of an exported program': (n) =>
      exported(
        {},
        record(n, (i) => [`k${i}`, LISTED]),
      ),
    'nodes of an exported program': (n) => exported({ nodes: times(n, (i) => aten(`n${i}`)) }),
    'arguments of a node': (n) => exported({ nodes: [aten('n', times(n, argument))] }),
    'numbers of an argument': (n) =>
      exported({ nodes: [aten('n', [{ name: 'a', arg: { as_ints: times(n, (i) => i) } }])] }),
    'parameters of an exported program': (n) =>
      exported(
        {},
        {},
        times(n, (i) => ({ parameter: { arg: { name: `p${i}` }, parameter_name: `k${i}` } })),
      ),
  },
  ptl: {
    storages: (n) => mobile({ storages: n }),
    values: (n) => mobile({ values: n }),
    objects: (n) => mobile({ objects: n }),
  },
  legacy: {
    storages: (n) =>
      legacyFile(
        op.dict(record(n, (i) => [`k${i}`, scalar(`${i}`)])),
        record(n, (i) => [`${i}`, [1]]),
      ),
    'plain entries': (n) =>
      legacyFile(op.dict({ w: scalar('0'), ...record(n, (i) => [`k${i}`, op.int(i)]) }), {
        0: [1],
      }),
    'objects beside': (n) =>
      legacyFile(
        op.dict({
          w: scalar('0'),
          ...record(n, (i) => [`k${i}`, op.reduce(op.global('mine', 'Class'), ')')]),
        }),
        { 0: [1] },
      ),
    'dicts within': (n) =>
      legacyFile(
        op.dict({ state_dict: op.dict({ w: scalar('0') }), ...record(n, (i) => [`k${i}`, '}']) }),
        { 0: [1] },
      ),
  },
  tar: {
    storages: (n) => oldTar({ storages: n }),
    views: (n) => oldTar({ views: n }),
    tensors: (n) => oldTar({ tensors: n }),
    'tensors of many sides': (n) => oldTar({ tensors: n, sides: 60 }),
  },
  safetensors: {
    tensors: (n) =>
      safetensorsFile(
        record(n, (i) => [`t${i}`, { dtype: 'F32', shape: [0], data_offsets: [0, 0] }]),
        new Uint8Array(0),
      ),
    'tensors of many sides': (n) =>
      safetensorsFile(
        record(n, (i) => [
          `t${i}`,
          { dtype: 'F32', shape: times(60, (side) => side), data_offsets: [0, 0] },
        ]),
        new Uint8Array(0),
      ),
    metadata: (n) =>
      safetensorsFile({ __metadata__: record(n, (i) => [`k${i}`, 'v']), ...W }, new Uint8Array(4)),
    'fields that nobody knows': (n) =>
      safetensorsFile({ w: { ...W.w, ...record(n, (i) => [`f${i}`, [i]]) } }, new Uint8Array(4)),
  },
  npz: {
    arrays: (n) =>
      zipSync(
        record(n, (i) => [`a${i}.npy`, NPY]),
        { level: 0 },
      ),
    'arrays that are packed': (n) => zipSync(record(n, (i) => [`a${i}.npy`, NPY])),
  },
  paddle: {
    arrays: (n) => pickle(op.dict(record(n, (i) => [`a${i}`, ndarray([1])]))),
    'factors of norms': (n) =>
      pickle(
        op.dict({
          w: ndarray([1]),
          ...record(n, (i) => [`n${i}.scale`, ndarray([2])]),
          ...record(n, (i) => [`n${i}.bias`, ndarray([0])]),
        }),
      ),
  },
  hdf5: {
    layers: (n) => hdf5File(group(record(n, (i) => [`l${i}`, layer()]))),
    'weights of a layer': (n) =>
      hdf5File(group({ l: group({ vars: group(record(n, (i) => [`${i}`, array([1], [i])])) }) })),
    'weights of many sides': (n) =>
      hdf5File(
        group({
          l: group({
            vars: group(
              record(n, (i) => [
                `${i}`,
                array(
                  times(20, () => 1),
                  [i],
                ),
              ]),
            ),
          }),
        }),
      ),
    'groups beside': (n) =>
      hdf5File(group({ l: layer(), ...record(n, (i) => [`g${i}`, group({})]) })),
    'names of layers': (n) =>
      hdf5File(
        group(
          { l: group({ k: array([1], [1]) }, { weight_names: ['k'] }) },
          { layer_names: ['l', ...times(n, (i) => `m${i}`)] },
        ),
      ),
    attributes: (n) =>
      hdf5File(
        group(
          { l: layer() },
          record(n, (i) => [`a${i}`, ['text']]),
        ),
      ),
    'messages that nobody knows': (n) => hdf5File({ ...group({ l: layer() }), unknown: n }),
  },
  tfjs: {
    'layers of its configuration': (n) =>
      tfjs(times(n, (i) => ({ class_name: 'Conv2D', name: `l${i}` }))),
    'weights that are empty': (n) =>
      tfjs([], [{ paths: [], weights: times(n, (i) => emptyWeight(`l${i}/kernel`)) }]),
    groups: (n) =>
      tfjs(
        [],
        times(n, (i) => ({ paths: [], weights: [emptyWeight(`l${i}/kernel`)] })),
      ),
  },
  onnx: {
    initialisers: (n) => onnx(times(n, (i) => initialiser(`k${i}`))),
    'initialisers of many sides': (n) =>
      onnx(times(n, (i) => initialiser(`k${i}`, ...times(60, () => integer(1, 1))))),
    nodes: (n) => onnx(times(n, (i) => node(`n${i}`))),
    'inputs of a node': (n) => onnx([node('n', ...times(n, (i) => text(1, `v${i}`)))]),
    'attributes of a node': (n) =>
      onnx([node('n', ...times(n, (i) => nested(5, message(text(1, `a${i}`), integer(3, 1)))))]),
    'numbers of an attribute': (n) =>
      onnx([node('n', nested(5, message(text(1, 'a'), ...times(n, (i) => integer(8, i)))))]),
    'functions of its own': (n) =>
      onnx(
        [],
        times(n, (i) => nested(25, message(text(1, `f${i}`), text(10, 'own'), nodeOf(7, 'n')))),
      ),
    'calls of a function': (n) =>
      onnx(
        times(n, (i) => nested(1, message(text(4, 'F'), text(7, 'own'), text(2, `c${i}`)))),
        [nested(25, message(text(1, 'F'), text(10, 'own'), text(5, 'n'), nodeOf(7, 'n')))],
      ),
    'inputs of the graph': (n) => onnx(times(n, (i) => nested(11, message(text(1, `v${i}`))))),
    metadata: (n) =>
      onnx(
        [],
        times(n, (i) => nested(14, message(text(1, `k${i}`), text(2, 'v')))),
      ),
    'fields of the metadata': (n) =>
      onnx([], [nested(14, message(...times(n, (i) => text(3 + i, 'v'))))]),
    'fields of the graph': (n) => onnx(times(n, () => integer(77, 1))),
    'fields of the model': (n) =>
      onnx(
        [],
        times(n, () => text(77, '')),
      ),
  },
};

const emptyWeight = (name: string) => ({ name, shape: [0], dtype: 'float32' });

/** A layers model of TensorFlow.js without numbers. */
function tfjs(
  layers: readonly object[],
  weightsManifest: readonly object[] = [{ paths: [], weights: [emptyWeight('l/kernel')] }],
): Uint8Array {
  return strToU8(JSON.stringify({ modelTopology: { layers }, weightsManifest }));
}

const NPY_HEADER = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }\n";
const NPY = bytes([0x93], 'NUMPY', [1, 0, NPY_HEADER.length, 0], NPY_HEADER, new Uint8Array(4));
const W = { w: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } };

/** What V8 takes for an object of a few fields, a place in a map or in a list, and a text of a length. */
const [OBJECT, IN_MAP, IN_LIST] = [80, 48, 8];
const ofText = (length: number) => 32 + 2 * length;
const pickled = (part: Part) => {
  const budget = new Budget(1, 0, ROOM);
  unpickle(pickle(part), 0, budget);
  return budget.taken;
};
/** A tensor that was found: in two maps, and looked at as a value beside tensors. */
const FOUND = 3 * IN_MAP;
const FLOATS = op.global('torch', 'FloatStorage');
const FIELDS = ['dtype', 'shape', 'data_offsets'].map(({ length }) => ofText(length) + IN_MAP);

/** What one of them takes at least, of those parts where it can be told. Names have three letters and digits. */
const LEAST: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  zip: { 'entries beside': 4 * OBJECT + 2 * 'x/e99'.length },
  tar: {
    storages: pickled(op.tuple(op.int(1), op.text('cpu'), FLOATS)) + 4 * OBJECT,
    views: pickled(op.tuple(...times(4, op.int))) + 4 * OBJECT,
    tensors:
      pickled(op.tuple(op.int(1), op.int(0), op.global('torch', 'FloatTensor'))) +
      pickled([op.text('k99'), op.text('1000099'), 'Q']) +
      (4 * OBJECT + 3 * IN_LIST + IN_MAP + FOUND),
  },
  safetensors: {
    tensors:
      // Its key; the names of its fields, and their values: a text and three counts.
      ofText(3) +
      IN_MAP +
      FIELDS.reduce((sum, field) => sum + field) +
      ofText(3) +
      3 * (IN_LIST + 16) +
      (5 * OBJECT + 3 * IN_LIST + IN_LIST + FOUND),
    metadata: ofText(3) + IN_MAP + ofText(1),
    'fields that nobody knows': ofText(3) + IN_MAP + 2 * IN_LIST,
  },
  onnx: {
    initialisers: 4 * IN_LIST + ofText(3) + 5 * OBJECT + FOUND,
    metadata: 3 * IN_LIST + ofText(3) + ofText(1) + IN_MAP,
    'fields of the metadata': IN_LIST + ofText(1),
  },
};

/** What it costs to open a file and tell what is in it, in bytes. */
async function costOf(name: string, content: Uint8Array): Promise<number> {
  const format = FORMATS.find((candidate) => candidate.name === name);
  const budget = new Budget(content.length, 0, ROOM);
  const opened = await format?.open(memorySource(content), budget);
  if (opened === undefined) throw new Error(`No format ${name}`);
  const found = findStateDict(opened);
  passedOver(opened, found, new Set(plainEntries(opened.root, budget).keys()));
  return budget.taken;
}

it('there is no format that is not looked at here', () => {
  expect(Object.keys(REPEATED).sort()).toEqual(FORMATS.map(({ name }) => name).sort());
});

describe.each(Object.entries(REPEATED))('in a file of format %s', (format, parts) => {
  it.each(Object.entries(parts))(
    `%s are charged, each as much as the last, and no more than ${MAX_PER_BYTE} for a byte`,
    async (part, make) => {
      const files = [20, 60, 100].map(make);
      const [few, more, most] = await Promise.all(files.map((file) => costOf(format, file)));
      const [first, last] = [(more - few) / 40, (most - more) / 40];
      expect(first).toBeGreaterThanOrEqual(LEAST[format]?.[part] ?? 8);
      // Pieces that a pickle did not end in are parsed again; what grows with the square would come to 2.
      expect(last / first).toBeGreaterThan(0.7);
      expect(last / first).toBeLessThan(1.3);
      const [short, , long] = files.map(({ length }) => length);
      expect((most - few) / (long - short)).toBeLessThanOrEqual(MAX_PER_BYTE);
    },
  );
});

describe('of what is bounded, more is refused', () => {
  it.each<[string, (n: number) => Uint8Array, string]>([
    [
      'members of a tar archive',
      (n) => tarFile(record(n, (i) => [`m${i}`, new Uint8Array(0)])),
      'ERR_PTH_TAR',
    ],
    ['sides of a tensor', (n) => oldTar({ sides: n }), 'ERR_PTH_TENSOR'],
  ])('%s', async (_, make, code) => {
    await expect(openContainer(memorySource(make(65)))).rejects.toMatchObject({ code });
    const end = await openContainer(memorySource(make(60))).catch((error: unknown) => error);
    expect(end).not.toMatchObject({ code });
  });
});
