import { batchNorm2d } from '../../src/tensor/batchNorm2d.js';
import { conv2d } from '../../src/tensor/conv2d.js';
import { convTranspose2d } from '../../src/tensor/convTranspose2d.js';
import { instanceNorm2d } from '../../src/tensor/instanceNorm2d.js';
import { linear } from '../../src/tensor/linear.js';
import type { NormOptions } from '../../src/tensor/normalize.js';
import { sizeOf } from '../../src/tensor/shape.js';
import { Tensor } from '../../src/tensor/tensor.js';

/** Reads ONNX models and runs them as the operators' definitions say, for tests of what is written. */

type Field = number | Uint8Array;
/** A message's fields, by number, in their order. */
type Fields = ReadonlyMap<number, readonly Field[]>;

export interface OnnxNode {
  readonly type: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A side that may be any is a name. */
export interface OnnxValueInfo {
  readonly name: string;
  readonly element: number;
  readonly shape: readonly (number | string)[];
}

export interface OnnxInitializer {
  readonly element: number;
  readonly tensor: Tensor;
}

export interface OnnxModel {
  readonly irVersion: number;
  readonly producer: readonly string[];
  readonly opsets: ReadonlyMap<string, number>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly graphName: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, OnnxInitializer>;
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
}

/** Protocol Buffers' wire format: varints, and little-endian numbers and bytes as they are. */
function fieldsOf(bytes: Uint8Array): Fields {
  const fields = new Map<number, Field[]>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  const slice = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new Error('A field ends behind its message');
    at += length;
    return bytes.slice(at - length, at);
  };
  while (at < bytes.length) {
    const tag = varint();
    const wire = tag & 7;
    if (![0, 2, 5].includes(wire)) throw new Error(`Wire type ${wire}`);
    const value = wire === 0 ? varint() : slice(wire === 5 ? 4 : varint());
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value]);
  }
  return fields;
}

const all = (fields: Fields, number: number) => (fields.get(number) ?? []) as Uint8Array[];
const messages = (fields: Fields, number: number) => all(fields, number).map(fieldsOf);
const one = (fields: Fields, number: number) => {
  const [value, ...rest] = fields.get(number) ?? [];
  if (value === undefined || rest.length > 0) throw new Error(`Field ${number} is not there once`);
  return value;
};
const numbers = (fields: Fields, number: number) => (fields.get(number) ?? []) as number[];
const utf8 = (bytes: Field) => new TextDecoder().decode(bytes as Uint8Array);
const text = (fields: Fields, number: number) => utf8(one(fields, number));

/** Field numbers of onnx.proto. */
export function readOnnx(file: Uint8Array): OnnxModel {
  const model = fieldsOf(file);
  const graph = fieldsOf(one(model, 7) as Uint8Array);
  return {
    irVersion: one(model, 1) as number,
    producer: [text(model, 2), text(model, 3)],
    opsets: new Map(messages(model, 8).map((m) => [text(m, 1), one(m, 2) as number])),
    metadata: new Map(messages(model, 14).map((m) => [text(m, 1), text(m, 2)])),
    graphName: text(graph, 2),
    nodes: messages(graph, 1).map(nodeOf),
    initializers: new Map(messages(graph, 5).map((m) => [text(m, 8), initializerOf(m)])),
    inputs: messages(graph, 11).map(valueInfoOf),
    outputs: messages(graph, 12).map(valueInfoOf),
  };
}

function nodeOf(node: Fields): OnnxNode {
  return {
    type: text(node, 4),
    name: text(node, 3),
    inputs: all(node, 1).map(utf8),
    outputs: all(node, 2).map(utf8),
    attributes: Object.fromEntries(messages(node, 5).map((m) => [text(m, 1), attributeOf(m)])),
  };
}

/** AttributeProto's types: 1 FLOAT, 2 INT, 3 STRING, 7 INTS. */
function attributeOf(attribute: Fields): unknown {
  const type = one(attribute, 20);
  if (type === 1) return new Float32Array((one(attribute, 2) as Uint8Array).buffer)[0];
  if (type === 2) return one(attribute, 3);
  if (type === 3) return text(attribute, 4);
  if (type === 7) return numbers(attribute, 8);
  throw new Error(`Attribute type ${type}`);
}

/** TensorProto's types: 1 FLOAT, 7 INT64. The numbers of others are not read. */
function initializerOf(message: Fields): OnnxInitializer {
  const element = one(message, 2) as number;
  const shape = numbers(message, 1);
  const { buffer } = one(message, 9) as Uint8Array;
  if (element === 1) return { element, tensor: new Tensor(new Float32Array(buffer), shape) };
  const values = element === 7 ? [...new BigInt64Array(buffer)].map(Number) : [];
  const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => values[i] ?? Number.NaN);
  return { element, tensor: new Tensor(data, shape) };
}

function valueInfoOf(info: Fields): OnnxValueInfo {
  const tensor = fieldsOf(one(fieldsOf(one(info, 2) as Uint8Array), 1) as Uint8Array);
  const sides = messages(fieldsOf(one(tensor, 2) as Uint8Array), 1);
  return {
    name: text(info, 1),
    element: one(tensor, 1) as number,
    shape: sides.map((side) => (side.has(1) ? (one(side, 1) as number) : text(side, 2))),
  };
}

/** The output of a model of float32. */
export function runOnnx(model: OnnxModel, input: Tensor): Tensor {
  const values = new Map<string, Tensor>([[model.inputs[0].name, input]]);
  for (const [name, { tensor }] of model.initializers) values.set(name, tensor);
  const tensorOf = (name: string) => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`Nobody has made "${name}" yet`);
    return value;
  };
  const opset = model.opsets.get('') as number;
  for (const node of model.nodes) {
    const [output] = node.outputs;
    if (values.has(output)) throw new Error(`"${output}" is made twice`);
    // An operand that is left out has no name.
    const inputs = node.inputs.map((name) => (name === '' ? null : tensorOf(name)));
    values.set(output, runNode(node, inputs as Tensor[], opset));
  }
  return tensorOf(model.outputs[0].name);
}

interface Window {
  readonly dilations: [number, number];
  readonly group: number;
  readonly kernel_shape: number[];
  readonly pads: number[];
  readonly strides: [number, number];
  readonly output_padding: [number, number];
}

/** Every attribute must be there: the models of this project leave none to its default. */
function runNode({ type, attributes }: OnnxNode, inputs: Tensor[], opset: number): Tensor {
  const [x, a, b, mean, variance] = inputs;
  const eps = attributes.epsilon as number;
  switch (type) {
    case 'Conv':
      return conv2d(x, a, b ?? null, windowOf(a, attributes));
    case 'ConvTranspose': {
      const outputPadding = (attributes as unknown as Window).output_padding;
      return convTranspose2d(x, a, b ?? null, { ...windowOf(a, attributes), outputPadding });
    }
    case 'InstanceNormalization':
      return instanceNormalized(x, { weight: a, bias: b, eps });
    case 'BatchNormalization':
      return batchNorm2d(x, { weight: a, bias: b, runningMean: mean, runningVar: variance, eps });
    case 'Pad':
      return padded(x, [...a.data], attributes.mode);
    case 'Concat':
      return joined(inputs, attributes.axis as number);
    case 'MaxPool':
      return pooled(x, attributes, Number.NEGATIVE_INFINITY, (all) => Math.max(...all));
    case 'AveragePool': {
      const outside = attributes.count_include_pad === 1 ? 0 : null;
      return pooled(x, attributes, outside, (all) => all.reduce((a, b) => a + b) / all.length);
    }
    case 'GlobalMaxPool':
      return pooled(x, wholePicture(x), null, (all) => Math.max(...all));
    case 'GlobalAveragePool':
      return pooled(x, wholePicture(x), null, (all) => all.reduce((a, b) => a + b) / all.length);
    case 'Resize':
      return resized(x, inputs[2], inputs[3], attributes);
    case 'Shape':
      return new Tensor(Float32Array.from(x.shape), [x.shape.length]);
    case 'Slice':
      return sliced(x, [...a.data], [...b.data], [...mean.data]);
    case 'Gemm': {
      const { alpha, beta, transA, transB } = attributes;
      if (alpha !== 1 || beta !== 1 || transA !== 0 || transB !== 1) throw new Error('Gemm');
      return linear(x, a, b ?? null);
    }
    case 'MatMul':
      return linear(x, transposed(a, [1, 0]));
    case 'Transpose':
      return transposed(x, attributes.perm as number[]);
    case 'DepthToSpace':
      return blocks(x, attributes.blocksize as number, attributes.mode);
    case 'Softmax':
      return shares(x, attributes.axis as number, opset);
    case 'LeakyRelu':
      return map(x, (v) => (v < 0 ? v * (attributes.alpha as number) : v));
    case 'Clip':
      return map(x, (v) => clipped(v, scalar(a, -Infinity), scalar(b, Infinity)));
    case 'PRelu':
      return broadcast(x, a, (v, slope) => (v < 0 ? v * slope : v));
    case 'Relu':
      return map(x, (v) => Math.max(v, 0));
    case 'Sigmoid':
      return map(x, (v) => 1 / (1 + Math.exp(-v)));
    case 'Tanh':
      return map(x, Math.tanh);
    case 'Sqrt':
      return map(x, Math.sqrt);
    case 'Add':
      return broadcast(x, a, (v, w) => v + w);
    case 'Sub':
      return broadcast(x, a, (v, w) => v - w);
    case 'Mul':
      return broadcast(x, a, (v, w) => v * w);
    case 'Div':
      return broadcast(x, a, (v, w) => v / w);
    case 'Reshape':
      return reshaped(x, [...a.data]);
    case 'ReduceProd':
      return new Tensor(Float32Array.of(x.data.reduce((product, v) => product * v, 1)), [1]);
    case 'Cast':
      if (attributes.to !== 1) throw new Error('Cast');
      return x;
    case 'ReduceMean':
      // From opset 18 on, the axes are an input.
      return meanAlong(x, opset < 18 ? (attributes.axes as number[]) : [...a.data]);
    default:
      throw new Error(`Operator ${type}`);
  }
}

/** Of any number of sides. */
function instanceNormalized(x: Tensor, options: NormOptions): Tensor {
  const [batch, channels] = x.shape;
  return instanceNorm2d(x.reshape([batch, channels, 1, -1]), options).reshape(x.shape);
}

/** 0 stands for the side that there is, and -1 for the rest. */
function reshaped(x: Tensor, sides: readonly number[]): Tensor {
  return x.reshape(sides.map((side, axis) => (side === 0 ? x.shape[axis] : side)));
}

/** As PyTorch's options; pads are those of the begin of each axis, then those of the end. */
function windowOf(weight: Tensor, attributes: object) {
  const { dilations, group, kernel_shape, pads, strides } = attributes as Window;
  if (String(kernel_shape) !== String(weight.shape.slice(2))) throw new Error('kernel_shape');
  if (pads.length !== 4 || pads[0] !== pads[2] || pads[1] !== pads[3]) throw new Error('pads');
  const padding: [number, number] = [pads[0], pads[1]];
  return { stride: strides, padding, dilation: dilations, groups: group };
}

/** Elements of `x` by their places; `null` for a zero. */
function gathered(
  x: Tensor,
  shape: readonly number[],
  from: (place: readonly number[]) => readonly (number | null)[],
): Tensor {
  const out = Tensor.zeros(shape);
  for (let i = 0; i < out.size; i++) {
    const place = from(placeOf(i, shape));
    if (place.includes(null)) continue;
    out.data[i] = x.data[place.reduce<number>((at, p, axis) => at * x.shape[axis] + Number(p), 0)];
  }
  return out;
}

function padded(x: Tensor, pads: readonly number[], mode: unknown): Tensor {
  if (pads.length !== 8 || pads.some((pad) => pad < 0)) throw new Error('Pad');
  const shape = x.shape.map((side, axis) => side + pads[axis] + pads[axis + 4]);
  return gathered(x, shape, (place) =>
    place.map((p, axis) => {
      const [index, last] = [p - pads[axis], x.shape[axis] - 1];
      if (index >= 0 && index <= last) return index;
      if (mode === 'constant') return null;
      if (mode === 'edge') return index < 0 ? 0 : last;
      if (mode !== 'reflect') throw new Error(`Pad ${mode}`);
      return index < 0 ? -index : 2 * last - index;
    }),
  );
}

function joined(parts: readonly Tensor[], axis: number): Tensor {
  const side = parts.reduce((sum, { shape }) => sum + shape[axis], 0);
  const out = Tensor.zeros(parts[0].shape.with(axis, side));
  for (let i = 0; i < out.size; i++) {
    const place = placeOf(i, out.shape);
    let part = 0;
    while (place[axis] >= parts[part].shape[axis]) place[axis] -= parts[part++].shape[axis];
    const { data, shape } = parts[part];
    out.data[i] = data[place.reduce((at, p, a) => at * shape[a] + p, 0)];
  }
  return out;
}

/**
 * What lies in the padding is `outside`, or does not count where that is `null`; nothing beyond the padding counts, where
 * `ceil_mode` has windows that reach there.
 */
function pooled(
  x: Tensor,
  attributes: OnnxNode['attributes'],
  outside: number | null,
  reduce: (all: readonly number[]) => number,
): Tensor {
  const {
    kernel_shape: kernel,
    pads,
    strides,
    ceil_mode,
  } = attributes as unknown as Window & {
    readonly ceil_mode: number;
  };
  const dilations = (attributes.dilations as number[] | undefined) ?? [1, 1];
  const round = ceil_mode === 1 ? Math.ceil : Math.floor;
  const sides = x.shape.slice(2).map((side, a) => {
    const rest = side + pads[a] + pads[a + 2] - dilations[a] * (kernel[a] - 1) - 1;
    return round(rest / strides[a]) + 1;
  });
  const out = Tensor.zeros([...x.shape.slice(0, 2), ...sides]);
  const [height, width] = x.shape.slice(2);
  for (let i = 0; i < out.size; i++) {
    const [n, c, y, xx] = placeOf(i, out.shape);
    const all: number[] = [];
    for (let tap = 0; tap < kernel[0] * kernel[1]; tap++) {
      const row = y * strides[0] - pads[0] + Math.floor(tap / kernel[1]) * dilations[0];
      const column = xx * strides[1] - pads[1] + (tap % kernel[1]) * dilations[1];
      if (row >= height + pads[2] || column >= width + pads[3]) continue;
      const isInside = row >= 0 && row < height && column >= 0 && column < width;
      if (isInside) all.push(x.data[((n * x.shape[1] + c) * height + row) * width + column]);
      else if (outside !== null) all.push(outside);
    }
    out.data[i] = reduce(all);
  }
  return out;
}

function wholePicture({ shape }: Tensor): OnnxNode['attributes'] {
  return { kernel_shape: shape.slice(2), pads: [0, 0, 0, 0], strides: [1, 1], ceil_mode: 0 };
}

/** One axis after the other: each is by itself, for pixels that are repeated and for means alike. */
function resized(
  x: Tensor,
  scales: Tensor | null | undefined,
  sizes: Tensor | null | undefined,
  { mode, coordinate_transformation_mode: how, nearest_mode: nearest }: OnnxNode['attributes'],
): Tensor {
  let out = x;
  for (let axis = 0; axis < x.shape.length; axis++) {
    const side = x.shape[axis];
    const scale = scales?.size ? scales.data[axis] : Number(sizes?.data[axis]) / side;
    const length = scales?.size ? Math.floor(Math.fround(side * scale)) : Number(sizes?.data[axis]);
    const original = (i: number) => {
      if (how === 'asymmetric') return i / scale;
      if (how === 'half_pixel') return (i + 0.5) / scale - 0.5;
      if (how === 'align_corners') return length === 1 ? 0 : (i * (side - 1)) / (length - 1);
      throw new Error(`Resize ${how}`);
    };
    const at = (from: Tensor, shift: number) =>
      gathered(from, from.shape.with(axis, length), (place) => {
        const index = Math.floor(original(place[axis])) + shift;
        return place.with(axis, Math.min(Math.max(index, 0), side - 1));
      });
    if (mode === 'nearest' && nearest === 'floor') out = at(out, 0);
    else if (mode === 'linear') {
      const [low, high] = [at(out, 0), at(out, 1)];
      for (let i = 0; i < low.size; i++) {
        const position = original(placeOf(i, low.shape)[axis]);
        const share = position - Math.floor(position);
        low.data[i] = low.data[i] * (1 - share) + high.data[i] * share;
      }
      out = low;
    } else throw new Error(`Resize ${mode} ${nearest}`);
  }
  return out;
}

/** Steps are 1. */
function sliced(
  x: Tensor,
  starts: readonly number[],
  ends: readonly number[],
  axes: readonly number[],
): Tensor {
  const bound = (value: number, side: number) =>
    Math.min(Math.max(value < 0 ? value + side : value, 0), side);
  const ranges = x.shape.map((side, axis) => {
    const i = axes.indexOf(axis);
    return i < 0 ? [0, side] : [bound(starts[i], side), bound(ends[i], side)];
  });
  const shape = ranges.map(([from, to]) => Math.max(0, to - from));
  return gathered(x, shape, (place) => place.map((p, axis) => p + ranges[axis][0]));
}

function transposed(x: Tensor, perm: readonly number[]): Tensor {
  const shape = perm.map((axis) => x.shape[axis]);
  return gathered(x, shape, (place) => x.shape.map((_, axis) => place[perm.indexOf(axis)]));
}

/** As ONNX defines it: two shapes and a transposition. */
function blocks(x: Tensor, side: number, mode: unknown): Tensor {
  if (mode !== 'CRD') throw new Error(`DepthToSpace ${mode}`);
  const [n, c, height, width] = x.shape;
  const channels = c / side ** 2;
  const parts = x.reshape([n, channels, side, side, height, width]);
  const out = transposed(parts, [0, 1, 4, 2, 5, 3]);
  return out.reshape([n, channels, height * side, width * side]);
}

/** Before opset 13, all sides from the axis on are one. */
function shares(x: Tensor, axis: number, opset: number): Tensor {
  if (opset < 13 && axis !== x.shape.length - 1) throw new Error(`Softmax of axis ${axis}`);
  const sums = Tensor.zeros(x.shape.with(axis, 1));
  const placeIn = (i: number) =>
    placeOf(i, x.shape).reduce((at, p, a) => at * sums.shape[a] + (a === axis ? 0 : p), 0);
  for (const [i, value] of x.data.entries()) sums.data[placeIn(i)] += Math.exp(value);
  return new Tensor(
    x.data.map((value, i) => Math.exp(value) / sums.data[placeIn(i)]),
    x.shape,
  );
}

/** A single number; without it, `absent`. */
function scalar(value: Tensor | null | undefined, absent: number): number {
  if (value && value.shape.length > 0) throw new Error('no scalar');
  return value?.data[0] ?? absent;
}

/** Above all bounds, the upper one holds. */
function clipped(value: number, min: number, max: number): number {
  return Number.isNaN(value) ? value : Math.min(Math.max(value, min), max);
}

function map(x: Tensor, f: (value: number) => number): Tensor {
  return new Tensor(x.data.map(f), x.shape);
}

/** Sides of one go with any, from the last to the first, as in NumPy. */
function broadcast(x: Tensor, y: Tensor, f: (v: number, w: number) => number): Tensor {
  const rank = Math.max(x.shape.length, y.shape.length);
  const wide = (t: Tensor) => [...new Array<number>(rank - t.shape.length).fill(1), ...t.shape];
  const [a, b] = [wide(x), wide(y)];
  const shape = a.map((side, axis) => {
    if (side !== b[axis] && side !== 1 && b[axis] !== 1) throw new Error(`${a} and ${b}`);
    return Math.max(side, b[axis]);
  });
  const out = Tensor.zeros(shape);
  for (let i = 0; i < out.size; i++) {
    const place = placeOf(i, shape);
    const at = (t: Tensor, sides: readonly number[]) =>
      t.data[place.reduce((sum, p, axis) => sum * sides[axis] + (sides[axis] === 1 ? 0 : p), 0)];
    out.data[i] = f(at(x, a), at(y, b));
  }
  return out;
}

function placeOf(index: number, shape: readonly number[]): number[] {
  const place: number[] = [];
  let rest = index;
  for (const side of [...shape].reverse()) {
    place.unshift(rest % side);
    rest = Math.floor(rest / side);
  }
  return place;
}

/** With `keepdims`, as is the default. */
function meanAlong(x: Tensor, axes: readonly number[]): Tensor {
  const shape = x.shape.map((side, axis) => (axes.includes(axis) ? 1 : side));
  const out = Tensor.zeros(shape);
  const count = x.size / out.size;
  for (let i = 0; i < x.size; i++) {
    const place = placeOf(i, x.shape);
    const to = place.reduce((sum, p, axis) => sum * shape[axis] + (shape[axis] === 1 ? 0 : p), 0);
    out.data[to] += x.data[i] / count;
  }
  return out;
}
