import { float } from '../../nn/repr.js';
import type { FlowNode } from './flow.js';

/** What boxes are coloured by. */
export const KINDS = ['convolution', 'norm', 'activation', 'padding', 'sum', 'other'] as const;
export type Kind = (typeof KINDS)[number];

/** An operator in PyTorch's words. */
export interface Description {
  readonly title: string;
  readonly kind: Kind;
  /** What a reader has to know: `kernel 7×7`, `stride 2`; what is as usual goes unsaid. */
  readonly facts: readonly string[];
  /** All attributes: `['kernel_size', '(7, 7)']`. */
  readonly parameters: readonly (readonly [string, string])[];
}

interface Words {
  readonly title: string;
  readonly kind: Kind;
  /** Parameters that go unsaid when they have this value. */
  readonly usual?: Readonly<Record<string, string>>;
}

const CONVOLUTION = {
  stride: '(1, 1)',
  padding: '(0, 0)',
  output_padding: '(0, 0)',
  dilation: '(1, 1)',
  groups: '1',
};
const POOL = { padding: '(0, 0)', ceil_mode: 'False' };
const NORM = { eps: '1e-05' };

/** An operator that is not here is drawn under its own name, with all of its parameters. */
export const WORDS: Readonly<Record<string, Words>> = {
  conv2d: { title: 'Conv2d', kind: 'convolution', usual: CONVOLUTION },
  convTranspose2d: { title: 'ConvTranspose2d', kind: 'convolution', usual: CONVOLUTION },
  instanceNorm2d: { title: 'InstanceNorm2d', kind: 'norm', usual: NORM },
  groupNorm: {
    title: 'GroupNorm',
    kind: 'norm',
    usual: { ...NORM, correction: '0', eps_outside: 'False' },
  },
  batchNorm2d: { title: 'BatchNorm2d', kind: 'norm', usual: NORM },
  reflectionPad2d: { title: 'ReflectionPad2d', kind: 'padding' },
  pad: { title: 'pad', kind: 'padding' },
  relu: { title: 'ReLU', kind: 'activation' },
  leakyRelu: { title: 'LeakyReLU', kind: 'activation' },
  prelu: { title: 'PReLU', kind: 'activation' },
  clamp: { title: 'clamp', kind: 'activation', usual: { min: '-Infinity', max: 'Infinity' } },
  sigmoid: { title: 'Sigmoid', kind: 'activation' },
  tanh: { title: 'Tanh', kind: 'activation' },
  softmax: { title: 'Softmax', kind: 'activation' },
  add: { title: 'add', kind: 'sum' },
  cat: { title: 'cat', kind: 'other' },
  narrow: { title: 'narrow', kind: 'other' },
  pixelShuffle: { title: 'PixelShuffle', kind: 'other' },
  upsample: {
    title: 'Upsample',
    kind: 'other',
    usual: { mode: 'nearest', align_corners: 'False' },
  },
  avgPool2d: { title: 'AvgPool2d', kind: 'other', usual: { ...POOL, count_include_pad: 'True' } },
  maxPool2d: { title: 'MaxPool2d', kind: 'other', usual: { ...POOL, dilation: '(1, 1)' } },
  adaptiveAvgPool2d: { title: 'AdaptiveAvgPool2d', kind: 'other' },
  adaptiveMaxPool2d: { title: 'AdaptiveMaxPool2d', kind: 'other' },
  sub: { title: 'sub', kind: 'sum' },
  div: { title: 'div', kind: 'other' },
  linear: { title: 'Linear', kind: 'convolution' },
  reshape: { title: 'reshape', kind: 'other' },
  mul: { title: 'mul', kind: 'other' },
};

export function describe({ node, tensors }: FlowNode): Description {
  const words = Object.hasOwn(WORDS, node.op) ? WORDS[node.op] : undefined;
  const { title, kind, usual = {} } = words ?? { title: node.op, kind: 'other' };
  const values: [string, unknown][] = [];
  for (const [key, value] of Object.entries(node.attributes as object) as [string, unknown][]) {
    const name = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    if (value !== null && value !== undefined) values.push([name, value]);
  }
  // PyTorch says it of the layer; here the weight alone knows.
  const weight = tensors.find(({ name }) => name === 'weight');
  if (kind === 'convolution' && weight !== undefined) {
    values.unshift(['kernel_size', weight.tensor.shape.slice(2)]);
  }
  return {
    title,
    kind,
    facts: values.filter(([name, value]) => usual[name] !== long(value)).map(fact),
    parameters: values.map(([name, value]) => [name, long(value)] as const),
  };
}

function fact([name, value]: [string, unknown]): string {
  if (name === 'kernel_size' && Array.isArray(value)) return `kernel ${value.join('×')}`;
  return `${name.replaceAll('_', ' ')} ${short(value)}`;
}

/** `(2, 2)` is 2 to a reader. */
function short(value: unknown): string {
  if (!Array.isArray(value) || value.length === 0) return long(value);
  return value.every((part) => part === value[0]) ? long(value[0]) : value.map(long).join(', ');
}

/** A value as Python prints it. */
function long(value: unknown): string {
  if (Array.isArray(value)) return `(${value.map(long).join(', ')})`;
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : float(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return value;
  return typeof value === 'object' ? (JSON.stringify(value) ?? '') : String(value);
}
