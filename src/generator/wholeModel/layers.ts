import { AdaptiveAvgPool2d } from '../../nn/adaptiveAvgPool2d.js';
import { AdaptiveMaxPool2d } from '../../nn/adaptiveMaxPool2d.js';
import { AvgPool2d } from '../../nn/avgPool2d.js';
import { BatchNorm2d } from '../../nn/batchNorm2d.js';
import { Conv2d, type PaddingMode } from '../../nn/conv2d.js';
import { ConvTranspose2d } from '../../nn/convTranspose2d.js';
import { Dropout } from '../../nn/dropout.js';
import { Dropout2d } from '../../nn/dropout2d.js';
import { Flatten } from '../../nn/flatten.js';
import { GroupNorm } from '../../nn/groupNorm.js';
import { Hardtanh } from '../../nn/hardtanh.js';
import { Identity } from '../../nn/identity.js';
import { InstanceNorm2d } from '../../nn/instanceNorm2d.js';
import { LeakyReLU } from '../../nn/leakyRelu.js';
import { Linear } from '../../nn/linear.js';
import { MaxPool2d } from '../../nn/maxPool2d.js';
import type { Module } from '../../nn/module.js';
import { PixelShuffle } from '../../nn/pixelShuffle.js';
import { PReLU } from '../../nn/prelu.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { ReLU } from '../../nn/relu.js';
import { ReplicationPad2d } from '../../nn/replicationPad2d.js';
import { Sigmoid } from '../../nn/sigmoid.js';
import { Softmax } from '../../nn/softmax.js';
import { Tanh } from '../../nn/tanh.js';
import { Upsample } from '../../nn/upsample.js';
import { ZeroPad2d } from '../../nn/zeroPad2d.js';
import type { ModuleTree } from '../../pth/moduleTree.js';
import type { Pair } from '../../tensor/shape.js';
import { Attributes } from './attributes.js';

/** A layer with weights yet to be loaded. */
type Build = (attributes: Attributes) => Module;

const norm = (a: Attributes) => ({
  eps: a.number('eps'),
  // Of no weight here: `None` is a mean over all batches.
  momentum: 0.1,
  affine: a.boolean('affine'),
  trackRunningStats: a.has('running_mean'),
});

/** `ceil_mode` and `count_include_pad` came later than the layers. */
const pool = (a: Attributes) => ({
  stride: a.pair('stride', a.pair('kernel_size')),
  padding: a.pair('padding'),
  ceilMode: a.boolean('ceil_mode', false),
});

/** What torch.nn calls its layers below `torch.nn.modules`, each as it is here. */
const LAYERS: ReadonlyMap<string, Build> = new Map<string, Build>([
  ['conv.Conv2d', conv2d],
  [
    'conv.ConvTranspose2d',
    (a) => {
      a.require('padding_mode', 'zeros');
      return new ConvTranspose2d(a.number('in_channels'), a.number('out_channels'), a.kernel(), {
        ...convolution(a),
        padding: a.pair('padding'),
        outputPadding: a.pair('output_padding'),
      });
    },
  ],
  ['batchnorm.BatchNorm2d', (a) => new BatchNorm2d(a.number('num_features'), norm(a))],
  ['instancenorm.InstanceNorm2d', (a) => new InstanceNorm2d(a.number('num_features'), norm(a))],
  [
    'normalization.GroupNorm',
    (a) =>
      new GroupNorm(a.number('num_groups'), a.number('num_channels'), {
        eps: a.number('eps'),
        affine: a.boolean('affine'),
      }),
  ],
  [
    'linear.Linear',
    (a) => {
      const options = { bias: a.has('bias') };
      return new Linear(a.number('in_features'), a.number('out_features'), options);
    },
  ],
  ['linear.Identity', () => new Identity()],
  ['activation.ReLU', () => new ReLU()],
  ['activation.ReLU6', () => new Hardtanh(0, 6)],
  ['activation.LeakyReLU', (a) => new LeakyReLU(a.number('negative_slope'))],
  ['activation.PReLU', (a) => new PReLU(a.number('num_parameters'))],
  ['activation.Hardtanh', (a) => new Hardtanh(a.number('min_val'), a.number('max_val'))],
  ['activation.Sigmoid', () => new Sigmoid()],
  ['activation.Tanh', () => new Tanh()],
  ['activation.Softmax', (a) => new Softmax(a.number('dim'))],
  ['activation.Softmax2d', () => new Softmax(-3)],
  ['padding.ReflectionPad2d', (a) => new ReflectionPad2d(a.sides('padding'))],
  ['padding.ReplicationPad2d', (a) => new ReplicationPad2d(a.sides('padding'))],
  ['padding.ZeroPad2d', (a) => new ZeroPad2d(a.sides('padding'))],
  [
    'padding.ConstantPad2d',
    (a) => {
      a.require('value', 0);
      return new ZeroPad2d(a.sides('padding'));
    },
  ],
  ['upsampling.Upsample', upsample],
  ['upsampling.UpsamplingNearest2d', upsample],
  ['upsampling.UpsamplingBilinear2d', upsample],
  ['pixelshuffle.PixelShuffle', (a) => new PixelShuffle(a.number('upscale_factor'))],
  [
    'pooling.MaxPool2d',
    (a) => new MaxPool2d(a.kernel(), { ...pool(a), dilation: a.pair('dilation') }),
  ],
  [
    'pooling.AvgPool2d',
    (a) => {
      a.require('divisor_override', null);
      const countIncludePad = a.boolean('count_include_pad', true);
      return new AvgPool2d(a.kernel(), { ...pool(a), countIncludePad });
    },
  ],
  ['pooling.AdaptiveAvgPool2d', (a) => new AdaptiveAvgPool2d(a.pair('output_size'))],
  ['pooling.AdaptiveMaxPool2d', (a) => new AdaptiveMaxPool2d(a.pair('output_size'))],
  ['dropout.Dropout', (a) => new Dropout(a.number('p'))],
  ['dropout.Dropout2d', (a) => new Dropout2d(a.number('p'))],
  ['flatten.Flatten', (a) => new Flatten(a.number('start_dim'), a.number('end_dim'))],
]);

const STANDARD = 'torch.nn.modules.';

/**
 * A standard layer with the arguments that its object tells.
 *
 * @returns `null` for a class that is none of torch.nn's, or not known here.
 * @throws MissingAttribute for arguments that are not there, or that the layer cannot have here.
 */
export function layerOf({ className, attributes, tensors }: ModuleTree): Module | null {
  if (!className.startsWith(STANDARD)) return null;
  const build = LAYERS.get(className.slice(STANDARD.length));
  return build?.(new Attributes(className, attributes, tensors)) ?? null;
}

function convolution(a: Attributes) {
  return {
    stride: a.pair('stride'),
    dilation: a.pair('dilation'),
    groups: a.number('groups'),
    bias: a.has('bias'),
  };
}

function conv2d(a: Attributes): Module {
  // Before torch 1.1, there were only zeros.
  const paddingMode = a.oneOf<PaddingMode>(
    'padding_mode',
    ['zeros', 'reflect', 'replicate'],
    'zeros',
  );
  return new Conv2d(a.number('in_channels'), a.number('out_channels'), a.kernel(), {
    ...convolution(a),
    padding: paddingOf(a),
    paddingMode,
  });
}

/** `'valid'` is none, `'same'` what keeps the sides; an odd sum would lie on one side only. */
function paddingOf(a: Attributes): Pair {
  const padding = a.value('padding');
  if (padding === 'valid') return 0;
  if (padding !== 'same') return a.pair('padding');
  const [kernel, dilation] = [a.kernel(), a.pair('dilation')];
  const sides = [0, 1].map((axis) => (dilation[axis] * (kernel[axis] - 1)) / 2);
  if (!sides.every(Number.isInteger)) throw a.unusable('padding');
  return [sides[0], sides[1]];
}

function upsample(a: Attributes): Module {
  const mode = a.oneOf('mode', ['nearest', 'bilinear']);
  const size = a.value('size') ?? null;
  const sides = size === null ? { scaleFactor: a.pair('scale_factor') } : { size: a.pair('size') };
  if (mode === 'nearest') return new Upsample({ ...sides, mode });
  return new Upsample({ ...sides, mode, alignCorners: a.boolean('align_corners', false) });
}
