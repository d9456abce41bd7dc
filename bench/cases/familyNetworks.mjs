// Generators of other families, as descriptions that runners build with their own modules: ours below, PyTorch's in
// `runtimes/pytorch.py`. State-dict keys are places in the description: `2.body.0.weight`.
//
// A description is a list of layers in order; `sum` is x + body(x), `join` cat(x, body(x)) along the channels.

const conv = (inChannels, outChannels, kernel, options = {}) => ({
  op: 'conv2d',
  inChannels,
  outChannels,
  kernel,
  stride: 1,
  padding: 0,
  groups: 1,
  bias: true,
  ...options,
});
const transposed = (inChannels, outChannels, kernel, options) => ({
  ...conv(inChannels, outChannels, kernel, { outputPadding: 0, ...options }),
  op: 'convTranspose2d',
});
const pad = (mode, ...sides) => ({ op: 'pad', mode, sides });
const norm = (kind, channels, isAffine = kind !== 'instance') => ({
  op: 'norm',
  kind,
  channels,
  isAffine,
});
const instance = (channels) => norm('instance', channels);
const upsample = (options) => ({ op: 'upsample', mode: 'nearest', ...options });
const relu = { op: 'relu' };
const leaky = { op: 'leakyRelu', slope: 0.2 };
const tanh = { op: 'tanh' };
const sum = (...body) => ({ op: 'sum', body });
const join = (...body) => ({ op: 'join', body });
const times = (count, make) => Array.from({ length: count }, (_, i) => make(i)).flat();

/** The head and the tail that CycleGAN's heirs have in common. */
const head = [pad('reflect', 3), conv(3, 64, 7), instance(64), relu];
const tail = [pad('reflect', 3), conv(64, 3, 7), tanh];

const residual = (channels, makeNorm) =>
  sum(
    pad('reflect', 1),
    conv(channels, channels, 3),
    makeNorm(channels),
    relu,
    pad('reflect', 1),
    conv(channels, channels, 3),
    makeNorm(channels),
  );

/** junyanz/pytorch-CycleGAN-and-pix2pix, UnetGenerator: `unet_256`, or with fewer levels, a smaller one. */
function unet({ levels = 8, ngf = 64 } = {}) {
  const channelsOf = (level) => ngf * Math.min(8, 2 ** level);
  const down = (from, to, options) => conv(from, to, 4, { stride: 2, padding: 1, ...options });
  const up = (from, to, options) => transposed(from, to, 4, { stride: 2, padding: 1, ...options });
  const block = (level) => {
    const [outer, inner] = [channelsOf(level - 1), channelsOf(level)];
    const first = down(outer, inner, { bias: false });
    const last = (from) => [relu, up(from, outer, { bias: false }), norm('batch', outer)];
    // Its first activation works in place: what is joined has gone through it, too.
    return level === levels - 1
      ? [leaky, join(first, ...last(inner))]
      : [leaky, join(first, norm('batch', inner), ...block(level + 1), ...last(2 * inner))];
  };
  return [down(3, ngf), ...block(1), relu, up(2 * ngf, 3), tanh];
}

/** pytorch/examples, fast_neural_style: TransformerNet. */
function transformerNet() {
  const affine = (channels) => norm('instance', channels, true);
  const layer = (from, to, kernel, stride = 1) => [
    pad('reflect', (kernel - 1) / 2),
    conv(from, to, kernel, { stride }),
  ];
  const unit = (...arguments_) => [...layer(...arguments_), affine(arguments_[1]), relu];
  const twice = upsample({ scaleFactor: 2 });
  return [
    ...unit(3, 32, 9),
    ...unit(32, 64, 3, 2),
    ...unit(64, 128, 3, 2),
    ...times(5, () => residual(128, affine)),
    twice,
    ...unit(128, 64, 3),
    twice,
    ...unit(64, 32, 3),
    ...layer(32, 3, 9),
  ];
}

/** bryandlee/animegan2-pytorch, Generator. */
function animeGanV2(height, width) {
  const bias = false;
  const unit = (from, to, { kernel = 3, stride = 1, groups = 1, bias = false } = {}) => {
    const side = (kernel - 1) / 2;
    const padding = stride === 2 ? [0, 1, 0, 1] : [side];
    return [
      ...(kernel === 1 ? [] : [pad('reflect', ...padding)]),
      conv(from, to, kernel, { stride, groups, bias }),
      norm('group', to),
      leaky,
    ];
  };
  const inverted = (from, to) => {
    const wide = 2 * from;
    const body = [
      ...unit(from, wide, { kernel: 1 }),
      ...unit(wide, wide, { groups: wide, bias: true }),
      conv(wide, to, 1, { bias }),
      norm('group', to),
    ];
    return from === to ? [sum(...body)] : body;
  };
  const to = (...size) => upsample({ mode: 'bilinear', size, alignCorners: true });
  return [
    ...unit(3, 32, { kernel: 7 }),
    ...unit(32, 64, { stride: 2 }),
    ...unit(64, 64),
    ...unit(64, 128, { stride: 2 }),
    ...times(2, () => unit(128, 128)),
    ...inverted(128, 256),
    ...times(3, () => inverted(256, 256)),
    ...unit(256, 128),
    to(height / 2, width / 2),
    ...times(2, () => unit(128, 128)),
    to(height, width),
    ...unit(128, 64),
    ...unit(64, 64),
    ...unit(64, 32, { kernel: 7 }),
    conv(32, 3, 1, { bias }),
    tanh,
  ];
}

/** NVIDIA/pix2pixHD, GlobalGenerator of four halvings. */
function globalGenerator() {
  const channels = [64, 128, 256, 512, 1024];
  const options = { stride: 2, padding: 1 };
  return [
    ...head,
    ...times(4, (i) => [
      conv(channels[i], channels[i + 1], 3, options),
      instance(channels[i + 1]),
      relu,
    ]),
    ...times(9, () => residual(1024, instance)),
    ...times(4, (i) => [
      transposed(channels[4 - i], channels[3 - i], 3, { ...options, outputPadding: 1 }),
      instance(channels[3 - i]),
      relu,
    ]),
    ...tail,
  ];
}

/** taesungp/contrastive-unpaired-translation, `resnet_9blocks`: sizes are changed by blurs. */
function cut() {
  const blur = (channels) => ({ stride: 2, groups: channels, bias: false });
  const unit = (from, to) => [conv(from, to, 3, { padding: 1 }), instance(to), relu];
  const down = (channels) => [pad('reflect', 1), conv(channels, channels, 3, blur(channels))];
  const up = (channels) => [
    pad('replicate', 1),
    transposed(channels, channels, 4, { ...blur(channels), padding: 2 }),
    pad('replicate', -1),
  ];
  return [
    ...head,
    ...unit(64, 128),
    ...down(128),
    ...unit(128, 256),
    ...down(256),
    ...times(9, () => residual(256, instance)),
    ...up(256),
    ...unit(256, 128),
    ...up(128),
    ...unit(128, 64),
    ...tail,
  ];
}

/** What is measured, each at about the size of its own repository's pictures. */
export const FAMILY_NETWORKS = [
  { name: 'pix2pix unet_256', layers: unet(), height: 256, width: 256 },
  { name: 'TransformerNet', layers: transformerNet(), height: 512, width: 512 },
  { name: 'AnimeGANv2', layers: animeGanV2(512, 512), height: 512, width: 512 },
  { name: 'pix2pixHD GlobalGenerator', layers: globalGenerator(), height: 256, width: 512 },
  { name: 'CUT resnet_9blocks', layers: cut(), height: 256, width: 256 },
];

/** The same layers for a library that has no group norm: with instance norms in their place, in all runners. */
export function takenBy(library, layers) {
  if (library.GroupNorm !== undefined) return layers;
  return layers.map((layer) => ({
    ...layer,
    ...(layer.kind === 'group' ? { kind: 'instance' } : {}),
    ...(layer.body === undefined ? {} : { body: takenBy(library, layer.body) }),
  }));
}

/**
 * A description as a module of the library.
 * @param library The library, and `catOperator`, which is not exported.
 */
export function familyModule(library, layers) {
  return new library.Sequential(...layers.map((layer) => layerOf(library, layer)));
}

function layerOf(library, layer) {
  const { op, inChannels, outChannels, kernel, ...options } = layer;
  switch (op) {
    case 'conv2d':
      return new library.Conv2d(inChannels, outChannels, kernel, options);
    case 'convTranspose2d':
      return new library.ConvTranspose2d(inChannels, outChannels, kernel, options);
    case 'norm':
      return normOf(library, layer);
    case 'pad': {
      const sides = layer.sides.length === 1 ? layer.sides[0] : layer.sides;
      return layer.mode === 'reflect'
        ? new library.ReflectionPad2d(sides)
        : new library.ReplicationPad2d(sides);
    }
    case 'upsample':
      return new library.Upsample(options);
    case 'relu':
      return new library.ReLU();
    case 'leakyRelu':
      return new library.LeakyReLU(layer.slope);
    case 'tanh':
      return new library.Tanh();
    default:
      return pairOf(library, layer);
  }
}

function normOf(library, { kind, channels, isAffine }) {
  if (kind === 'batch') return new library.BatchNorm2d(channels);
  if (kind === 'group') return new library.GroupNorm(1, channels);
  return new library.InstanceNorm2d(channels, { affine: isAffine });
}

/** A value, and what a body makes of it. */
function pairOf(library, { op, body }) {
  return new (class Pair extends library.Module {
    constructor() {
      super();
      this.body = this.registerModule('body', familyModule(library, body));
    }

    trace(g, x) {
      const y = g.call(this.body, x);
      return op === 'sum' ? g.add(x, y) : g.apply(library.catOperator, [x, y], { dim: -3 });
    }
  })();
}
