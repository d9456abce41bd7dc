import { clamp, elu, hardtanh, leakyRelu, prelu, softplus } from './activations.js';
import { scaled } from './arithmetic.js';
import { conv, convTranspose } from './convolutions.js';
import { batchNorm, groupNorm, instanceNorm, layerNorm } from './norms.js';
import { pad } from './pad.js';
import { chunk, narrow, select, slice, split } from './parts.js';
import { adaptivePool, pool } from './pools.js';
import { addmm, linear, softmax } from './products.js';
import { reduce } from './reductions.js';
import { flatten, identity, permute, reshape, transposed } from './shapes.js';
import { floorDivide, ofSizes, symSize } from './sizes.js';
import { type Spelling, same } from './spelling.js';
import { upsample } from './upsample.js';

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
  ['t', transposed],
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
