import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { exportOnnx } from '../../src/export/onnx/exportOnnx.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { memorySource } from '../../src/platform/byteSource.js';
import { Budget } from '../../src/pth/budget.js';
import { findStateDict } from '../../src/pth/stateDict.js';
import { openContainer } from '../../src/pth/weightFile.js';
import type { TensorToSave } from '../../src/pth/write/savedTensor.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { torchTar } from '../support/containers.js';
import { array, group, hdf5File, layer } from '../support/hdf5.js';
import { bytes, legacyFile, ndarray, op, type Part, pickle } from '../support/pickles.js';

/** A valid file that mutations begin with. */
export interface Seed {
  readonly name: string;
  readonly file: Uint8Array;
  /** Where its numbers lie; empty where they are packed. */
  readonly data: readonly { readonly start: number; readonly end: number }[];
  /** Whether checksums guard the numbers. */
  readonly guarded: boolean;
}

/** Several tensors, one of them a transposed window on another's storage, and an optimiser's state. */
export const CHECKPOINT: Part = op.dict({
  epoch: op.int(3),
  state_dict: op.dict({
    'model.1.weight': op.tensor(op.storage('0', 'FloatStorage', 6), 0, [2, 3], [3, 1]),
    'model.1.bias': op.tensor(op.storage('1', 'FloatStorage', 2), 0, [2], [1]),
    tied: op.tensor(op.storage('0', 'FloatStorage', 6), 1, [2, 2], [1, 2]),
  }),
  optimizer: op.dict({ lr: op.int(1), betas: op.list(op.int(0), op.int(1)) }),
});
/** The same with what training scripts leave there: sets, bytes, arrays, objects of unknown classes, negated views. */
export const BESIDE: Part = op.dict({
  seen: [0x8f, '(', op.int(1), op.int(2), 0x90],
  frozen: ['(', op.int(1), 0x91],
  raw: ['C', 2, 0, 255],
  args: ['cargparse\nNamespace\n)', 0x81, op.dict({ lr: op.int(1) }), 'b'],
  counter: op.reduce(op.global('collections', 'Counter'), op.tuple(op.dict({ a: op.int(1) }))),
  array: [
    op.reduce(
      op.global('numpy.core.multiarray', '_reconstruct'),
      op.tuple(op.global('numpy', 'ndarray'), op.tuple(op.int(0)), ['C', 1, 'b']),
    ),
    op.tuple(op.int(1), op.tuple(op.int(1)), 'N', 0x89, ['C', 1, 7]),
    'b',
  ],
  list: op.list(op.dict({ w: op.tensor(op.storage('1', 'FloatStorage', 2), 0, [2], [1]) })),
  state_dict: op.dict({
    w: op.tensor(op.storage('0', 'FloatStorage', 6), 0, [2, 3], [3, 1]),
    minus: op.reduce(
      op.global('torch._utils', '_rebuild_tensor_v2'),
      op.tuple(
        op.storage('0', 'FloatStorage', 6),
        op.int(1),
        op.tuple(op.int(2)),
        op.tuple(op.int(2)),
        0x89,
        'N',
        op.dict({ neg: 0x88 }),
      ),
    ),
  }),
});
export const STORAGES = { 0: [1, 2, 3, 4, 5, 6], 1: [7, 8] };

/** A module as torch.save has it. */
function pickled(
  name: string,
  module: string,
  own: Readonly<Record<string, Part>> = {},
  children: Readonly<Record<string, Part>> = {},
): Part {
  const { _parameters = op.dict({}), ...attributes } = own;
  const state = { ...attributes, _parameters, _buffers: op.dict({}), _modules: op.dict(children) };
  return [op.global(`torch.nn.modules.${module}`, name), ')', 0x81, op.dict(state), 'b'];
}

const PAIR = op.tuple(op.int(1), op.int(1));
const CONV = pickled('Conv2d', 'conv', {
  in_channels: op.int(3),
  out_channels: op.int(2),
  kernel_size: PAIR,
  stride: PAIR,
  padding: op.tuple(op.int(0), op.int(0)),
  dilation: PAIR,
  groups: op.int(1),
  padding_mode: op.text('zeros'),
  _parameters: op.dict({
    weight: op.tensor(op.storage('0', 'FloatStorage', 6), 0, [2, 3, 1, 1], [3, 1, 1, 1]),
    bias: op.tensor(op.storage('1', 'FloatStorage', 2), 0, [2], [1]),
  }),
});

const NPY_HEADER = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }\n";
const NPY = bytes([0x93], 'NUMPY', [1, 0, NPY_HEADER.length, 0], NPY_HEADER, new Uint8Array(8));

const NUMBERS = [1, 2, 3, 4, 5, 6];

const TENSORS = new Map<string, TensorToSave>([
  ['a', { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] }],
  ['half', { data: Uint16Array.of(0x3c00, 0x7c00), shape: [2], dtype: 'float16' }],
  ['count', { data: BigInt64Array.of(7n), shape: [], dtype: 'int64' }],
  ['none', { data: new Float32Array(0), shape: [0, 3] }],
]);

/** How many at the end of the list are of some size: those have their turn more rarely. */
export const LARGE_SEEDS = 18;

export async function makeSeeds(golden: string): Promise<Seed[]> {
  const zip = encodeStateDict(TENSORS, 'x.pth', { config: { ngf: 2, norm: 'instance' } });
  const halves = op.tensor(op.storage('h', 'HalfStorage', 4), 1, [3], [1]);
  return Promise.all([
    seed('legacy', legacyFile(CHECKPOINT, STORAGES), false),
    seed('legacy with objects beside', legacyFile(BESIDE, STORAGES), false),
    seed('legacy halves', legacyFile(op.dict({ halves }), { h: [1, 2] }, 2), false),
    seed('zip', zip, true),
    seed('zip without checksums', withoutChecksums(zip), false),
    seed('zip deflated', torchZip(CHECKPOINT, 6), true),
    seed('tar', torchTar([1, 2, 3, 4, 5, 6], [2, 3]), false),
    seed('safetensors', encodeStateDict(TENSORS, 'x.safetensors', { config: { ngf: 2 } }), false),
    seed(
      'onnx',
      exportOnnx(new Conv2d(1, 2, 3), [1, 1, 5, 5], { metadata: { config: '{}' } }),
      false,
    ),
    seed(
      'whole model, legacy',
      legacyFile(
        pickled('Sequential', 'container', {}, { '0': CONV, '1': pickled('Tanh', 'activation') }),
        { 0: [1, 2, 3, 4, 5, 6], 1: [7, 8] },
      ),
      false,
    ),
    seed('npz', zipSync({ 'a.npy': NPY, 'model.1.bias.npy': NPY }, { level: 0 }), true),
    seed(
      'paddle',
      pickle(op.dict({ 'n.scale': ndarray([2]), 'n.bias': ndarray([0]), 'n._mean': ndarray([1]) })),
      false,
    ),
    seed(
      'hdf5',
      hdf5File(
        group({
          layers: group({
            conv2d: layer([1, 2, 3]),
            dense: group({ vars: group({ 0: { ...array([3, 2], NUMBERS), chunks: [2, 2] } }) }),
          }),
        }),
      ),
      false,
    ),
    seed(
      'tfjs',
      new TextEncoder().encode(
        '{"modelTopology":{},"weightsManifest":[{"paths":[],"weights":[{"name":"a/kernel","shape":[0,3],"dtype":"float32"}]}]}',
      ),
      false,
    ),
    seed('legacy of PyTorch', readFileSync(join(golden, 'tiny_legacy.pth')), false),
    seed('zip of PyTorch', readFileSync(join(golden, 'tiny_zip.pth')), true),
    ...[
      'torch_unet_16',
      'tf2onnx_11',
      'paddle2onnx_11',
      'dynamo_18',
      'coreml_7',
      'functions_18',
    ].map((name) =>
      seed(`onnx ${name}`, readFileSync(join(golden, `onnxModels/${name}.onnx`)), false),
    ),
    ...['latest.weights.h5', 'packed.h5', 'model.keras'].map((name) =>
      seed(
        `Keras ${name}`,
        readFileSync(join(golden, `kerasFiles/${name}`)),
        name !== 'latest.weights.h5',
      ),
    ),
    seed('whole model', readFileSync(join(golden, 'wholeModels/layers.pth')), true),
    ...['resnet', 'resnet_2_2', 'mixed'].map((name) =>
      seed(`exported ${name}`, readFileSync(join(golden, `exported/${name}.pt2`)), true),
    ),
    ...['lite_flat.ptl', 'old.pt'].map((name) =>
      seed(
        `TorchScript ${name}`,
        readFileSync(join(golden, `wholeModels/${name}`)),
        name === 'old.pt',
      ),
    ),
    seed('TorchScript', readFileSync(join(golden, 'wholeModels/traced.pt')), true),
  ]);
}

/** A zip file of an object and the storages of `STORAGES`, with right checksums whatever the object is. */
export function torchZip(object: Part, level: 0 | 6 = 0): Uint8Array {
  return torchZipOf(pickle(object), level);
}

export function torchZipOf(object: Uint8Array, level: 0 | 6 = 0): Uint8Array {
  const numbers = Object.entries(STORAGES).map(([key, values]) => [
    `x/data/${key}`,
    new Uint8Array(Float32Array.from(values).buffer),
  ]);
  return zipSync({ 'x/data.pkl': object, ...Object.fromEntries(numbers) }, { level });
}

async function seed(name: string, file: Uint8Array, guarded: boolean): Promise<Seed> {
  const content = new Uint8Array(file);
  const { opened } = await openContainer(memorySource(content));
  const data = new Map<string, { start: number; end: number }>();
  for (const [key, { storage }] of findStateDict(opened).refs) {
    // Numbers that were read with what describes them are told apart from them by nobody.
    if (storage.inline !== undefined) continue;
    const window = await opened.readStorage(storage, new Budget(content.length), key);
    if (window.buffer !== content.buffer || window.length === 0) continue;
    const start = window.byteOffset - content.byteOffset;
    data.set(storage.key, { start, end: start + window.length });
  }
  return { name, file: content, data: [...data.values()], guarded };
}

/** The same archive as a writer makes it that leaves the sums out. */
function withoutChecksums(zip: Uint8Array): Uint8Array {
  const copy = zip.slice();
  const view = new DataView(copy.buffer);
  for (let at = 0; at + 4 <= copy.length; at++) {
    if (view.getUint32(at, true) === 0x02014b50) view.setUint32(at + 16, 0, true);
  }
  return copy;
}
