import { op, type Part } from '../../support/pickles.js';
import { EDGES, edge, little, pick, type Random } from '../random.js';

/** Values such as pickles hold, well formed, with numbers and names that are wrong at times. */

const TEXTS = ['0', '1', 'w', 'state_dict', 'netG', 'config', '__proto__', 'constructor', ''];
const CLASSES: readonly (readonly [string, string])[] = [
  ['mine', 'Class'],
  ['argparse', 'Namespace'],
  ['collections', 'OrderedDict'],
  ['collections', 'defaultdict'],
  ['collections', 'Counter'],
  ['builtins', 'set'],
  ['numpy', 'dtype'],
  ['torch', 'Size'],
  ['torch', 'device'],
  ['torch.nn.modules.conv', 'Conv2d'],
  ['torch.nn.parameter', 'Parameter'],
  ['_codecs', 'encode'],
  ['os', 'system'],
  ['torch', 'os.system'],
];
const STORAGE_TYPES = [
  'FloatStorage',
  'HalfStorage',
  'DoubleStorage',
  'LongStorage',
  'ComplexFloatStorage',
  'UntypedStorage',
  'QInt8Storage',
];

export const someText = (random: Random): Part => op.text(pick(TEXTS, random));

/** Of a dict: a text most often, and now and then anything. */
const someKey = (random: Random): Part =>
  random(4) > 0 ? someText(random) : pick(['N', [0x88], op.int(1), someValue(random, 0)], random);

export const someGlobal = (random: Random): Part => op.global(...pick(CLASSES, random));

/** The number itself, and one at its edge every now and then. */
function near(value: number, random: Random): Part {
  const choice = random(24);
  if (choice > 1) return op.int(value);
  return choice === 0 ? edge(random) : op.int(value + random(3) - 1);
}

/** A value of any kind, with others inside down to `depth`. */
export function someValue(random: Random, depth: number): Part {
  const inner = () => (depth === 0 ? op.int(random(9)) : someValue(random, depth - 1));
  const items = () => Array.from({ length: random(4) }, inner);
  const kinds: (() => Part)[] = [
    () => pick(['N', [0x88], [0x89], ')', ']', '}', [0x8f]], random),
    () => edge(random),
    () => someText(random),
    () => ['C', 3, random(256), 0, 255],
    () => ['G', little(pick([...EDGES, 0x7ff8n << 48n, 0x3fn], random), 8)],
    () => op.tuple(...items()),
    () => op.list(...items()),
    () => ['(', items(), 'd'],
    () => ['}(', items().map((item) => [someKey(random), item]), 'u'],
    () => [0x8f, '(', items(), 0x90],
    () => ['(', items(), 0x91],
    () => someGlobal(random),
    () => op.reduce(someGlobal(random), op.tuple(...items())),
    () => [op.reduce(someGlobal(random), ')'), inner(), 'b'],
    () => [someGlobal(random), ')', 0x81, op.dict({ a: inner() }), 'b'],
    () => [someGlobal(random), ')', '}', 0x92],
    () => ['(', someGlobal(random), items(), 'o'],
    () => someArray(random),
    () => someTensor(random, depth),
    () => [inner(), 'Q'],
    () => [inner(), ['q', random(4)], 'h', random(4), 0x86],
    () => nested(inner(), 1 + random(random(8) === 0 ? 3000 : 8), random),
  ];
  return pick(kinds, random)();
}

/** A value within tuples, lists or calls of one item each. */
export function nested(value: Part, depth: number, random: Random): Part {
  const kind = random(3);
  const layer: Part = [[0x85], ['(', 'l'], [0x85, 'R']][kind];
  const layers = Array.from({ length: depth }, () => layer);
  if (kind === 1) return [Array.from({ length: depth }, () => '('), value, layers.map(() => 'l')];
  return kind === 0
    ? [value, layers]
    : [Array.from({ length: depth }, () => someGlobal(random)), value, layers];
}

function someArray(random: Random): Part {
  const width = pick([1, 2, 4, 8], random);
  const count = random(4);
  const type: Part = [
    op.reduce(op.global('numpy', 'dtype'), op.tuple(op.text(`f${width}`), 0x89, 0x88)),
    op.tuple(op.int(3), op.text(pick(['<', '>', '|'], random)), 'N', 'N', 'N'),
    'b',
  ];
  const content = new Uint8Array(Math.max(0, width * count - (random(8) === 0 ? 1 : 0)));
  return [
    op.reduce(
      op.global(pick(['numpy.core.multiarray', 'numpy._core.multiarray'], random), '_reconstruct'),
      op.tuple(op.global('numpy', 'ndarray'), op.tuple(op.int(0)), ['C', 1, 'b']),
    ),
    op.tuple(op.int(1), op.tuple(near(count, random)), type, 0x89, ['C', content.length, content]),
    'b',
  ];
}

export function someStorage(random: Random): Part {
  const isSound = random(4) > 0;
  const type = isSound ? 'FloatStorage' : pick(STORAGE_TYPES, random);
  const key = pick(['0', '1', isSound ? '0' : '2'], random);
  const view = random(8) > 0 ? [] : [op.tuple(op.text('v'), near(1, random), near(2, random))];
  const size = op.int(key === '1' ? 2 : 6);
  return [
    op.tuple(
      op.text('storage'),
      op.global('torch', type),
      op.text(key),
      op.text('cpu'),
      isSound ? size : near(6, random),
      ...view,
    ),
    'Q',
  ];
}

/** A call that rebuilds a tensor, by one of the functions of `torch._utils`. */
export function someTensor(random: Random, depth: number): Part {
  const build = (name: string, ...args: Part[]) =>
    op.reduce(op.global('torch._utils', name), op.tuple(...args));
  const rank = random(3);
  const sides = Array.from({ length: rank }, () => near(1 + random(2), random));
  const steps = Array.from({ length: rank }, () => near(random(2), random));
  const view = [
    someStorage(random),
    near(random(2), random),
    op.tuple(...sides),
    op.tuple(...steps),
  ];
  const hooks = () => pick<Part>(['N', '}'], random);
  const state = () => (depth === 0 ? 'N' : someValue(random, depth - 1));
  const inner = () => (depth === 0 ? build('_rebuild_tensor', ...view) : someTensor(random, 0));
  const kinds: (() => Part)[] = [
    () => build('_rebuild_tensor', ...view),
    () => build('_rebuild_tensor_v2', ...view, 0x89, hooks()),
    () => build('_rebuild_tensor_v2', ...view, 0x89, hooks()),
    () => build('_rebuild_tensor_v2', ...view, 0x89, hooks(), op.dict({ neg: 0x88 })),
    () => build('_rebuild_tensor_v2', ...view, state(), hooks(), state()),
    () => build('_rebuild_tensor_v3', ...view, 0x89, hooks(), op.global('torch', 'float32')),
    () => build('_rebuild_parameter', inner(), 0x88, hooks()),
    () => build('_rebuild_parameter_with_state', inner(), 0x88, hooks(), state()),
    () =>
      build(
        '_rebuild_device_tensor_from_numpy',
        someArray(random),
        op.global('torch', pick(['float32', 'bfloat16'], random)),
        op.text('xla:0'),
        0x89,
      ),
    () => build('_rebuild_sparse_tensor', state(), state()),
    () =>
      op.reduce(
        op.global('torch._tensor', '_rebuild_from_type_v2'),
        op.tuple(
          op.global('torch._utils', '_rebuild_tensor_v2'),
          someGlobal(random),
          op.tuple(...view, 0x89, hooks()),
          state(),
        ),
      ),
  ];
  return pick(kinds, random)();
}

/** A dict of tensors, most of them sound, and values beside them, within others at times. */
export function someCheckpoint(random: Random): Part {
  const tensors = Array.from({ length: 1 + random(3) }, (_, i) => [
    random(6) === 0 ? someKey(random) : op.text(`w${i}`),
    random(6) === 0 ? someValue(random, 2) : someTensor(random, 2),
  ]);
  const state: Part = ['}(', tensors, 'u'];
  if (random(3) === 0) return state;
  const beside = Array.from({ length: random(3) }, () => [someKey(random), someValue(random, 3)]);
  return ['}(', beside, op.text(pick(['state_dict', 'netG', 'w'], random)), state, 'u'];
}
