import type { AtenNode } from './atenNode.js';

/** Writes a node of a program by ONNX's operators. */
type Spelling = (node: AtenNode) => void;

/** One of the same operands. */
const same =
  (type: string, ...names: readonly string[]): Spelling =>
  (node) =>
    node.result(
      type,
      names.map((name) => node.value(name)),
    );

const identity = same('Identity', 'self');

const conv: Spelling = (node) => {
  if (node.truth('transposed', false)) return convTranspose(node);
  const named = node.argument('padding');
  const isNamed = typeof named === 'string';
  const { pads, ...window } = windowOf(node, isNamed);
  const around = isNamed ? { auto_pad: named === 'same' ? 'SAME_UPPER' : 'VALID' } : { pads };
  node.result('Conv', operandsOf(node), { ...window, ...around, group: node.number('groups', 1) });
};

const convTranspose: Spelling = (node) => {
  const more = node.pair('output_padding', [0, 0]);
  const attributes = { ...windowOf(node), group: node.number('groups', 1), output_padding: more };
  node.result('ConvTranspose', operandsOf(node), attributes);
};

const operandsOf = (node: AtenNode) =>
  ['input', 'weight', 'bias'].map((name) => node.optional(name));

function windowOf(node: AtenNode, isNamed = false) {
  const [top, left] = isNamed ? [0, 0] : node.pair('padding', [0, 0]);
  return {
    strides: node.pair('stride', [1, 1]),
    dilations: node.pair('dilation', [1, 1]),
    pads: [top, left, top, left],
  };
}

/** By running statistics, or by those of the batch. Unlike ONNX's, it may have neither scale nor shift: they are left out. */
const batchNorm: Spelling = (node) => {
  const epsilon = node.number('eps', 1e-5);
  const factors = ['weight', 'bias'].map((name) => node.optional(name));
  const isOwn = node.truth('training', false) || node.truth('use_input_stats', false);
  if (isOwn || !node.has('running_mean')) {
    return node.result('BatchNormalization', [node.value('input'), ...factors], {
      epsilon,
      training_mode: 1,
    });
  }
  const statistics = [node.value('running_mean'), node.value('running_var')];
  node.result('BatchNormalization', [node.value('input'), ...factors, ...statistics], {
    epsilon,
  });
};

const instanceNorm: Spelling = (node) => {
  if (!node.truth('use_input_stats', true)) return batchNorm(node);
  const inputs = ['input', 'weight', 'bias'].map((name) => node.optional(name));
  node.result('InstanceNormalization', inputs, { epsilon: node.number('eps', 1e-5) });
};

const groupNorm =
  (input: string, groups: string): Spelling =>
  (node) => {
    const inputs = [node.value(input), node.optional('weight'), node.optional('bias')];
    const attributes = { num_groups: node.number(groups, 1), epsilon: node.number('eps', 1e-5) };
    node.result('GroupNormalization', inputs, attributes);
  };

const layerNorm: Spelling = (node) => {
  const axis = -(node.numbers('normalized_shape')?.length ?? 1);
  const weight = node.has('weight') ? node.value('weight') : node.constant('one', 1);
  const inputs = [node.value('input'), weight, node.optional('bias')];
  node.result('LayerNormalization', inputs, { axis, epsilon: node.number('eps', 1e-5) });
};

const PAD_MODES: Readonly<Record<string, string>> = {
  constant: 'constant',
  reflect: 'reflect',
  replicate: 'edge',
  circular: 'wrap',
};

/** PyTorch counts from the last dimension back. */
const pad =
  (padding: string, mode: string | null): Spelling =>
  (node) => {
    const named = mode ?? node.text('mode', 'constant');
    const sides = node.numbers(padding) ?? [];
    if (sides.length % 2 !== 0 || !Object.hasOwn(PAD_MODES, named))
      throw node.refusal('it pads in no known way');
    const axes = Array.from({ length: sides.length / 2 }, (_, i) => -1 - i);
    const at = (odd: number) => axes.map((_, i) => sides[2 * i + odd]);
    const pads = node.constants('pads', [...at(0), ...at(1)]);
    // Other modes have one, too, and do nothing with it.
    const value = node.has('value') && named === 'constant' ? node.value('value') : '';
    const inputs = [node.value('self'), pads, value, node.constants('axes', axes)];
    node.result('Pad', inputs, { mode: PAD_MODES[named] });
  };

/** To a size, or by factors; both stand by each other in one form. */
const upsample =
  (mode: 'nearest' | 'linear' | 'cubic', rounding = 'floor'): Spelling =>
  (node) => {
    const self = node.has('input') ? 'input' : 'self';
    const isAligned = node.truth('align_corners', false);
    const isExact = rounding !== 'floor';
    const coordinates = isAligned
      ? 'align_corners'
      : mode === 'nearest' && !isExact
        ? 'asymmetric'
        : 'half_pixel';
    const attributes = {
      axes: [2, 3],
      mode,
      coordinate_transformation_mode: coordinates,
      nearest_mode: rounding,
      cubic_coeff_a: -0.75,
    };
    const sizes = node.has('output_size') ? node.sizes('output_size') : '';
    const beside = factorsBeside(node);
    const factors = node.numbers('scale_factors') ?? (isAligned ? null : beside);
    const scales = factors === null ? '' : node.constants('scales', factors);
    const inputs = [node.value(self), '', scales, factors === null ? sizes : ''];
    if (factors === null || factors !== beside) return node.result('Resize', inputs, attributes);
    // Places between pixels are by the factors; what comes out of them has to be of the size that is said.
    const shape = node.add('Concat', [node.constants('kept', [0, 0]), sizes], { axis: 0 });
    node.result('Reshape', [node.add('Resize', inputs, attributes), shape]);
  };

/** Of rows and of columns, which stand by the size that they make; corners that are aligned are so by the size alone. */
function factorsBeside(node: AtenNode): readonly number[] | null {
  const given = ['scales_h', 'scales_w'].map((name) => node.numbers(name)?.[0] ?? null);
  if (given.every((factor) => factor !== null)) return given;
  if (given.every((factor) => factor === null)) return null;
  throw node.refusal('it has a factor for one side alone');
}

const pool =
  (type: string): Spelling =>
  (node) => {
    const kernel = node.pair('kernel_size', null);
    const [top, left] = node.pair('padding', [0, 0]);
    if (node.has('divisor_override')) throw node.refusal('it has a divisor of its own');
    const attributes = {
      kernel_shape: kernel,
      strides: node.pair('stride', kernel),
      pads: [top, left, top, left],
      ceil_mode: Number(node.truth('ceil_mode', false)),
    };
    const more =
      type === 'MaxPool'
        ? { dilations: node.pair('dilation', [1, 1]) }
        : { count_include_pad: Number(node.truth('count_include_pad', true)) };
    node.result(type, [node.value('self')], { ...attributes, ...more });
  };

const adaptivePool =
  (type: string): Spelling =>
  (node) => {
    if (node.pair('output_size', null).join() !== '1,1')
      throw node.refusal('it pools to more than one pixel');
    node.result(type, [node.value('self')]);
  };

const reduce =
  (type: string): Spelling =>
  (node) => {
    const dims = node.numbers('dim');
    const axes = dims === null ? '' : node.constants('dims', dims);
    node.result(type, [node.value('self'), axes], {
      keepdims: Number(node.truth('keepdim', false)),
    });
  };

/** `a + alpha · b`, and the like. */
const scaled =
  (type: string, first = 'self', second = 'other'): Spelling =>
  (node) => {
    const by = times(node, node.value(second), node.number('alpha', 1));
    node.result(type, [node.value(first), by]);
  };

const reshape: Spelling = (node) => {
  const size = node.has('size') ? 'size' : 'shape';
  node.result('Reshape', [node.value('self'), node.sizes(size)], { allowzero: 1 });
};

/** Nothing here has as many. */
const MAX_DIMENSIONS = 8;

/** Dimensions from one to another become one: of pictures, mostly all behind the batch. */
const flatten: Spelling = (node) => {
  const [start, end] = [node.number('start_dim', 0), node.number('end_dim', -1)];
  if (!Number.isInteger(start) || start >= MAX_DIMENSIONS)
    throw node.refusal(`its "start_dim" is ${start}`);
  if (start < 0 || end !== -1)
    throw node.refusal('its dimensions are not counted from the first on, up to the last');
  const shape = node.constants('shape', [...new Array<number>(start).fill(0), -1]);
  node.result('Reshape', [node.value('self'), shape]);
};

const LAST = Number.MAX_SAFE_INTEGER;

const slice: Spelling = (node) => {
  const bound = (name: string, absent: number) =>
    node.has(name) ? node.sizes(name) : node.constants(name, [absent]);
  const [starts, ends] = [bound('start', 0), bound('end', LAST)];
  const axes = node.constants('axes', [node.number('dim', 0)]);
  const steps = node.constants('steps', [node.number('step', 1)]);
  node.result('Slice', [node.value('self'), starts, ends, axes, steps]);
};

const select: Spelling = (node) => {
  const index = node.add('Squeeze', [node.sizes('index')]);
  node.result('Gather', [node.value('self'), index], { axis: node.number('dim', 0) });
};

/** A start below 0 counts from the end on, and what ends there has no end that can be counted so. */
const narrow: Spelling = (node) => {
  const [start, length] = [node.sizes('start'), node.sizes('length')];
  const [first, count] = [node.argument('start'), node.argument('length')];
  const isFromEnd = typeof first === 'number' && first < 0;
  if (isFromEnd && !(typeof count === 'number' && first + count <= 0))
    throw node.refusal('its part begins before the end, and ends behind it');
  const isUpToEnd = isFromEnd && first + (count as number) === 0;
  const end = isUpToEnd ? node.constants('end', [LAST]) : node.add('Add', [start, length]);
  const axes = node.constants('axes', [node.number('dim', 0)]);
  node.result('Slice', [node.value('self'), start, end, axes]);
};

/** Of as many parts as there are outputs, which may be fewer than were asked for. */
const chunk: Spelling = (node) => {
  const count = node.node.outputs.length;
  if (count > node.number('chunks', count)) throw node.refusal('it makes more than its "chunks"');
  node.results('Split', [node.value('self')], { axis: node.number('dim', 0), num_outputs: count });
};

/** Into parts of sizes that are listed, or of one size, with what is left at the end. */
const split: Spelling = (node) => {
  const given = node.argument(node.has('split_sizes') ? 'split_sizes' : 'split_size');
  const dim = node.number('dim', 0);
  if (typeof given === 'number') return partsOf(node, given, dim);
  const sizes = node.numbers(node.has('split_sizes') ? 'split_sizes' : 'split_size') ?? [];
  if (sizes.length !== node.node.outputs.length)
    throw node.refusal(`it makes ${node.node.outputs.length} parts of ${sizes.length} sizes`);
  node.results('Split', [node.value('self'), node.constants('sizes', sizes)], { axis: dim });
};

/** A part that reaches beyond the side ends with it. */
function partsOf(node: AtenNode, size: number, dim: number): void {
  const [self, axes] = [node.value('self'), node.constants('axes', [dim])];
  for (let i = 0; i < node.node.outputs.length; i++) {
    const bounds = [i, i + 1].map((at) => node.constants('bound', [at * size]));
    node.resultAt(i, 'Slice', [self, ...bounds, axes]);
  }
}

const permute: Spelling = (node) => {
  const dims = node.numbers('dims') ?? [];
  const perm = dims.map((dim) => (dim < 0 ? dim + dims.length : dim));
  node.result('Transpose', [node.value('self')], { perm });
};

const turn: Spelling = (node) => node.result('Transpose', [node.value('self')], { perm: [1, 0] });

const linear: Spelling = (node) => {
  const turned = node.add('Transpose', [node.value('weight')], { perm: [1, 0] });
  const inputs = [node.value('input'), turned];
  if (!node.has('bias')) return node.result('MatMul', inputs);
  node.result('Add', [node.add('MatMul', inputs), node.value('bias')]);
};

/** `alpha · (a b) + beta · c`. */
const addmm: Spelling = (node) => {
  const product = node.add('MatMul', [node.value('mat1'), node.value('mat2')]);
  const [alpha, beta] = [node.number('alpha', 1), node.number('beta', 1)];
  node.result('Add', [times(node, product, alpha), times(node, node.value('self'), beta)]);
};

/** A value by a number, of which 1 changes nothing. */
function times(node: AtenNode, value: string, factor: number): string {
  return factor === 1 ? value : node.add('Mul', [value, node.constant('factor', factor)]);
}

const clamp: Spelling = (node) => {
  const bound = (name: string) => (node.has(name) ? node.value(name) : '');
  node.result('Clip', [node.value('self'), bound('min'), bound('max')]);
};

const prelu: Spelling = (node) => {
  const count = node.shape('weight')?.[0] ?? 1;
  const shape = node.constants('shape', count === 1 ? [1] : [count, 1, 1]);
  node.result('PRelu', [node.value('self'), node.add('Reshape', [node.value('weight'), shape])]);
};

const softmax: Spelling = (node) =>
  node.result('Softmax', [node.value('self')], { axis: node.number('dim', -1) });

/** `scale · (max(x, 0) + alpha · (exp(input_scale · min(x, 0)) − 1))`. */
const elu: Spelling = (node) => {
  const x = node.value('self');
  const alpha = node.number('alpha', 1);
  const [scale, slope] = [node.number('scale', 1), node.number('input_scale', 1)];
  if (!(slope > 0)) throw node.refusal(`its "input_scale" is ${slope}`);
  if (scale === 1 && slope === 1) return node.result('Elu', [x], { alpha });
  const below = node.add('Clip', [x, '', node.constant('max', 0)]);
  const power = node.add('Elu', [times(node, below, slope)], { alpha });
  const sum = node.add('Add', [node.add('Relu', [x]), power]);
  node.result('Mul', [sum, node.constant('scale', scale)]);
};

/** `log(1 + exp(beta · x)) / beta`; beyond the threshold, `x`, which is the same where that is 20, as by default. */
const softplus: Spelling = (node) => {
  const [beta, threshold] = [node.number('beta', 1), node.number('threshold', 20)];
  if (!(beta > 0)) throw node.refusal(`its "beta" is ${beta}`);
  if (!(threshold >= 20)) throw node.refusal(`its "threshold" is ${threshold}, less than 20`);
  if (beta === 1) return node.result('Softplus', [node.value('self')]);
  const power = node.add('Softplus', [times(node, node.value('self'), beta)]);
  node.result('Div', [power, node.constant('beta', beta)]);
};

const leakyRelu: Spelling = (node) =>
  node.result('LeakyRelu', [node.value('self')], { alpha: node.number('negative_slope', 0.01) });

const hardtanh: Spelling = (node) => {
  const bounds = [
    node.constant('min', node.number('min_val', -1)),
    node.constant('max', node.number('max_val', 1)),
  ];
  node.result('Clip', [node.value('self'), ...bounds]);
};

const symSize: Spelling = (node) => {
  const shape = node.add('Shape', [node.value('self')]);
  const index = node.add('Squeeze', [node.constants('dim', [node.number('dim', 0)])]);
  node.result('Gather', [shape, index]);
};

/** Of numbers that depend on shapes. */
const ofSizes =
  (type: string): Spelling =>
  (node) => {
    const given = [...node.node.arguments.keys()];
    node.result(
      type,
      given.map((name) => node.value(name)),
    );
  };

/** Down, also below 0, where ONNX's division of whole numbers goes towards 0: what is left goes first. */
const floorDivide: Spelling = (node) => {
  const [a, b] = [...node.node.arguments.keys()].map((name) => node.value(name));
  node.result('Div', [node.add('Sub', [a, node.add('Mod', [a, b])]), b]);
};

/**
 * Operators of programs by their names without overload, and without the underscore of those in place: as
 * `torch.onnx.export` spells them.
 */
export const SPELLINGS: ReadonlyMap<string, Spelling> = new Map<string, Spelling>([
  ...['conv2d', 'convolution'].map((name) => [name, conv] as const),
  ['conv_transpose2d', convTranspose],
  ['batch_norm', batchNorm],
  ['_native_batch_norm_legit_no_training', batchNorm],
  ['_native_batch_norm_legit', batchNorm],
  ['instance_norm', instanceNorm],
  ['group_norm', groupNorm('input', 'num_groups')],
  ['native_group_norm', groupNorm('input', 'group')],
  ...['layer_norm', 'native_layer_norm'].map((name) => [name, layerNorm] as const),
  ['pad', pad('pad', null)],
  ['constant_pad_nd', pad('pad', 'constant')],
  ['reflection_pad2d', pad('padding', 'reflect')],
  ['replication_pad2d', pad('padding', 'replicate')],
  ['upsample_nearest2d', upsample('nearest')],
  ['_upsample_nearest_exact2d', upsample('nearest', 'round_prefer_ceil')],
  ['upsample_bilinear2d', upsample('linear')],
  ['upsample_bicubic2d', upsample('cubic')],
  ...['max_pool2d', 'max_pool2d_with_indices'].map((name) => [name, pool('MaxPool')] as const),
  ['avg_pool2d', pool('AveragePool')],
  ...['adaptive_avg_pool2d', '_adaptive_avg_pool2d'].map(
    (name) => [name, adaptivePool('GlobalAveragePool')] as const,
  ),
  ['adaptive_max_pool2d', adaptivePool('GlobalMaxPool')],
  ['mean', reduce('ReduceMean')],
  ['sum', reduce('ReduceSum')],
  ['amax', reduce('ReduceMax')],
  ['add', scaled('Add')],
  ['sub', scaled('Sub')],
  ['rsub', scaled('Sub', 'other', 'self')],
  ['mul', same('Mul', 'self', 'other')],
  ['div', same('Div', 'self', 'other')],
  ['maximum', same('Max', 'self', 'other')],
  ['minimum', same('Min', 'self', 'other')],
  ['pow', same('Pow', 'self', 'exponent')],
  ['abs', same('Abs', 'self')],
  ['neg', same('Neg', 'self')],
  ['exp', same('Exp', 'self')],
  ['sqrt', same('Sqrt', 'self')],
  ['reciprocal', same('Reciprocal', 'self')],
  ['rsqrt', (node) => node.result('Reciprocal', [node.add('Sqrt', [node.value('self')])])],
  ['relu', same('Relu', 'self')],
  [
    'relu6',
    (node) =>
      node.result('Clip', [node.value('self'), node.constant('min', 0), node.constant('max', 6)]),
  ],
  ['leaky_relu', leakyRelu],
  ['prelu', prelu],
  ['_prelu_kernel', same('PRelu', 'self', 'weight')],
  ['elu', elu],
  ['selu', same('Selu', 'self')],
  [
    'gelu',
    (node) =>
      node.result('Gelu', [node.value('self')], { approximate: node.text('approximate', 'none') }),
  ],
  ['silu', same('Swish', 'self')],
  ['mish', same('Mish', 'self')],
  ['hardswish', same('HardSwish', 'self')],
  [
    'hardsigmoid',
    (node) => node.result('HardSigmoid', [node.value('self')], { alpha: 1 / 6, beta: 0.5 }),
  ],
  ['hardtanh', hardtanh],
  ['softplus', softplus],
  ['sigmoid', same('Sigmoid', 'self')],
  ['tanh', same('Tanh', 'self')],
  ['clamp', clamp],
  ['clamp_min', clamp],
  ['clamp_max', clamp],
  ...['softmax', '_softmax'].map((name) => [name, softmax] as const),
  ['cat', (node) => node.result('Concat', node.values('tensors'), { axis: node.number('dim', 0) })],
  ['slice', slice],
  ['select', select],
  ['narrow', narrow],
  ['chunk', chunk],
  ['split', split],
  ['split_with_sizes', split],
  ...['view', 'reshape', '_unsafe_view'].map((name) => [name, reshape] as const),
  ['flatten', flatten],
  ['permute', permute],
  ['t', turn],
  ['unsqueeze', (node) => node.result('Unsqueeze', [node.value('self'), node.sizes('dim')])],
  [
    'squeeze',
    (node) =>
      node.result('Squeeze', [node.value('self'), ...(node.has('dim') ? [node.sizes('dim')] : [])]),
  ],
  [
    'pixel_shuffle',
    (node) =>
      node.result('DepthToSpace', [node.value('self')], {
        blocksize: node.number('upscale_factor', 1),
        mode: 'CRD',
      }),
  ],
  ['linear', linear],
  ['addmm', addmm],
  ['mm', same('MatMul', 'self', 'mat2')],
  ['sym_size', symSize],
  ...['contiguous', 'clone', 'detach', 'alias', 'to', '_to_copy', 'lift_fresh_copy'].map(
    (name) => [name, identity] as const,
  ),
  [
    'dropout',
    (node) => {
      if (node.truth('train', false))
        throw node.refusal('it drops elements: export the model after model.eval()');
      node.result('Identity', [node.value('input')]);
    },
  ],
  ['_operator.add', ofSizes('Add')],
  ['_operator.sub', ofSizes('Sub')],
  ['_operator.mul', ofSizes('Mul')],
  ['_operator.floordiv', floorDivide],
]);
