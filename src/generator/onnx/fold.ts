import type { Parameter } from '../../nn/parameter.js';
import type { OnnxAttribute } from '../../pth/onnx/onnxModel.js';
import { broadcastShape } from '../../tensor/broadcast.js';
import { rowMajorStrides, type Shape, sizeOf } from '../../tensor/shape.js';
import { axesOf, axisAt, permutationOf, reshapedShape, sliceOf, splitSizes } from './axes.js';
import { constantOf, type Lower } from './lowering.js';
import { Constant, type Operand } from './operand.js';
import { gathered, permuted } from './permute.js';

/** Steps from a weight to what is computed of it: exporters leave two or three, and each takes some of the stack. */
const MAX_DEPTH = 256;

/** Computes a node of constants alone. */
type Fold = (node: Lower) => Constant | readonly Constant[];

const elementwise =
  (f: (a: number, b: number) => number): Fold =>
  (node) =>
    paired(node, node.constant(0), node.constant(1), f);

/** Of any number of operands, one after the other. */
const variadic =
  (f: (a: number, b: number) => number): Fold =>
  (node) =>
    node.operands.map((_, i) => node.constant(i)).reduce((a, b) => paired(node, a, b, f));

function paired(
  node: Lower,
  a: Constant,
  b: Constant,
  f: (a: number, b: number) => number,
): Constant {
  const shape = broadcastShape(a.shape, b.shape, node.node.type);
  return lazily(node, shape, () => {
    const [x, y] = [a, b].map(({ numbers, shape: own }) => spread(numbers, own, shape));
    return Float64Array.from(x, (value, i) => f(value, y[i]));
  });
}

const each =
  (f: (a: number) => number): Fold =>
  (node) => {
    const a = node.constant(0);
    return lazily(node, a.shape, () =>
      Float64Array.from({ length: a.size }, (_, i) => f(a.numbers[i])),
    );
  };

const reduction =
  (f: (values: readonly number[]) => number): Fold =>
  (node) => {
    const a = node.constant(0);
    const axes = new Set(axesOf(node, 1, a.shape.length));
    const kept = a.shape.map((side, axis) => (axes.has(axis) ? 1 : side));
    const inner = a.shape.filter((_, axis) => axes.has(axis));
    const strides = rowMajorStrides(a.shape);
    const offsets = gathered(
      range(a.size),
      inner,
      strides.filter((_, axis) => axes.has(axis)),
    );
    const starts = gathered(range(a.size), kept, strides);
    const out = Array.from(starts, (start) =>
      f(Array.from(offsets, (offset) => a.numbers[start + offset])),
    );
    const keeps = node.integer('keepdims', 1) === 1;
    return Constant.of(out, keeps ? kept : a.shape.filter((_, axis) => !axes.has(axis)));
  };

/** Operators of which constants are computed before a run, by name. */
const FOLDS: Readonly<Record<string, Fold>> = {
  Add: elementwise((a, b) => a + b),
  Sub: elementwise((a, b) => a - b),
  Mul: elementwise((a, b) => a * b),
  Div: (node) => {
    // Of whole numbers, as ONNX says, towards zero.
    const isWhole = [0, 1].every((i) => isWholeNumbers(node.constant(i)));
    return elementwise((a, b) => (isWhole && b !== 0 ? Math.trunc(a / b) : a / b))(node);
  },
  Mod: elementwise((a, b) => a - Math.floor(a / b) * b),
  Pow: elementwise((a, b) => a ** b),
  Min: variadic(Math.min),
  Max: variadic(Math.max),
  Equal: elementwise((a, b) => Number(a === b)),
  Less: elementwise((a, b) => Number(a < b)),
  Greater: elementwise((a, b) => Number(a > b)),
  And: elementwise((a, b) => a && b),
  Or: elementwise((a, b) => a || b),
  Not: each((a) => Number(a === 0)),
  Neg: each((a) => -a),
  Abs: each(Math.abs),
  Floor: each(Math.floor),
  Ceil: each(Math.ceil),
  Sqrt: each(Math.sqrt),
  Reciprocal: each((a) => 1 / a),
  Exp: each(Math.exp),
  Log: each(Math.log),
  Relu: each((a) => Math.max(0, a)),
  ReduceProd: reduction((values) => values.reduce((product, value) => product * value, 1)),
  ReduceSum: reduction((values) => values.reduce((sum, value) => sum + value, 0)),
  ReduceMax: reduction((values) => values.reduce((most, value) => Math.max(most, value))),
  ReduceMin: reduction((values) => values.reduce((least, value) => Math.min(least, value))),
  ReduceMean: reduction((values) => values.reduce((sum, value) => sum + value, 0) / values.length),
  Cast: (node) => {
    const a = node.constant(0);
    const isFloat = [1, 10, 11, 16].includes(node.integer('to'));
    return isFloat
      ? a
      : lazily(node, a.shape, () =>
          Float64Array.from({ length: a.size }, (_, i) => Math.trunc(a.numbers[i])),
        );
  },
  Concat: (node) => {
    const parts = node.operands.map((_, i) => node.constant(i));
    const axis = axisAt(node, node.integer('axis'), parts[0].shape.length);
    const side = parts.reduce((sum, { shape }) => sum + shape[axis], 0);
    const shape = parts[0].shape.with(axis, side);
    const out = new Float64Array(checked(node, shape));
    const block = sizeOf(shape.slice(axis));
    let start = 0;
    for (const { numbers, shape: own } of parts) {
      const own1 = sizeOf(own.slice(axis));
      for (let i = 0; i < sizeOf(own); i++)
        out[Math.floor(i / own1) * block + start + (i % own1)] = numbers[i];
      start += own1;
    }
    return Constant.of(out, shape);
  },
  Gather: (node) => {
    const [data, indices] = [node.constant(0), node.constant(1)];
    const axis = axisAt(node, node.integer('axis', 0), data.shape.length);
    const side = data.shape[axis];
    const shape = [...data.shape.slice(0, axis), ...indices.shape, ...data.shape.slice(axis + 1)];
    const [inner, count] = [sizeOf(data.shape.slice(axis + 1)), indices.size];
    const out = new Float64Array(checked(node, shape));
    for (let i = 0; i < out.length; i++) {
      const [outer, rest] = [Math.floor(i / (inner * count)), i % (inner * count)];
      const index = indices.numbers[Math.floor(rest / inner)];
      out[i] =
        data.numbers[(outer * side + (index < 0 ? index + side : index)) * inner + (rest % inner)];
    }
    return Constant.of(out, shape);
  },
  Slice: (node) => {
    const data = node.constant(0);
    const strides = rowMajorStrides(data.shape);
    let offset = 0;
    const [shape, steps] = [[...data.shape], [...strides]];
    for (const { axis, start, step, length } of sliceOf(node, data.shape)) {
      offset += start * strides[axis];
      steps[axis] = step * strides[axis];
      shape[axis] = length;
    }
    checked(node, shape);
    return Constant.of(gathered(data.numbers, shape, steps, offset), shape);
  },
  Split: (node) => {
    const data = node.constant(0);
    const axis = axisAt(node, node.integer('axis', 0), data.shape.length);
    const strides = rowMajorStrides(data.shape);
    let start = 0;
    return splitSizes(node, data.shape[axis]).map((length) => {
      const shape = data.shape.with(axis, length);
      checked(node, shape);
      const offset = start * strides[axis];
      start += length;
      return Constant.of(gathered(data.numbers, shape, strides, offset), shape);
    });
  },
  Expand: (node) => {
    const data = node.constant(0);
    const shape = broadcastShape(data.shape, Array.from(node.constant(1).numbers), 'Expand');
    checked(node, shape);
    return lazily(node, shape, () => spread(data.numbers, data.shape, shape));
  },
  ConstantOfShape: (node) => {
    const shape = Array.from(node.constant(0).numbers);
    const value = node.node.attributes.get('value');
    const tensor = isTensor(value) ? constantOf(value) : null;
    return Constant.of(new Float64Array(checked(node, shape)).fill(tensor?.numbers[0] ?? 0), shape);
  },
  Range: (node) => {
    const [start, limit, step] = [0, 1, 2].map((i) => node.constant(i).numbers[0]);
    const count = Math.max(0, Math.ceil((limit - start) / step));
    checked(node, [count]);
    return Constant.of(Float64Array.from({ length: count }, (_, i) => start + i * step));
  },
  Where: (node) => {
    const [condition, a, b] = [0, 1, 2].map((i) => node.constant(i));
    const shape = broadcastShape(
      broadcastShape(a.shape, b.shape, 'Where'),
      condition.shape,
      'Where',
    );
    checked(node, shape);
    const [which, x, y] = [condition, a, b].map(({ numbers, shape: own }) =>
      spread(numbers, own, shape),
    );
    return Constant.of(
      which.map((value, i) => (value === 0 ? y[i] : x[i])),
      shape,
    );
  },
  Transpose: (node) => {
    const data = node.constant(0);
    const order = permutationOf(node, data.shape.length);
    const shape = order.map((axis) => data.shape[axis]);
    return lazily(node, shape, () => permuted(data.numbers, data.shape, order));
  },
};

/** What of a node is known before a run: constants of constants, and shapes. `null` for all else. */
export function fold(node: Lower): Operand | readonly Operand[] | null {
  const { type, attributes } = node.node;
  if (type === 'Shape') {
    const { shape } = node.operand(0);
    return Constant.of(shape.slice(node.integer('start', 0), node.integer('end', shape.length)));
  }
  if (type === 'Size') return Constant.of([sizeOf(node.operand(0).shape)], []);
  if (type === 'Constant') return constantNode(node, attributes);
  const isConstant =
    node.operands.length > 0 &&
    node.operands.every((operand) => operand === null || operand instanceof Constant);
  if (!isConstant) return null;
  if (type === 'Identity' || type === 'Dropout') return node.constant(0);
  if (['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze'].includes(type)) {
    const data = node.constant(0);
    const shape = reshapedShape(node, data.shape);
    if (sizeOf(shape) !== data.size) throw node.refusal('its shape is of another size');
    const numbers = () => data.numbers;
    if (data.parameter !== null) return new Constant(shape, numbers, data.roots, data.parameter);
    return nested(node, new Constant(shape, numbers, data.roots), data.roots);
  }
  if (!Object.hasOwn(FOLDS, type)) return null;
  // A weight that comes in twice is one weight: without that, sums of sums double the list each time.
  const roots = [
    ...new Set(
      node.operands.flatMap((operand) => (operand instanceof Constant ? operand.roots : [])),
    ),
  ];
  const made = FOLDS[type](node);
  const rooted = (one: Constant) => nested(node, one, roots);
  return made instanceof Constant ? rooted(made) : made.map(rooted);
}

/**
 * A constant that is computed of the node's operands when it is asked for, and they of theirs: so deep as the stack bears.
 * @throws CycleganError for weights that are computed with over and over; what is of no weight is computed at once instead.
 */
function nested(node: Lower, made: Constant, roots: readonly Parameter[]): Constant {
  const depths = node.operands.map((operand) => (operand instanceof Constant ? operand.depth : 0));
  const depth = 1 + Math.max(...depths);
  if (depth <= MAX_DEPTH) return new Constant(made.shape, () => made.numbers, roots, null, depth);
  if (roots.length === 0) return Constant.of(made.numbers, made.shape);
  throw node.refusal(`it is computed of a weight in more than ${MAX_DEPTH} steps`);
}

function constantNode(node: Lower, attributes: ReadonlyMap<string, OnnxAttribute>): Constant {
  const value = attributes.get('value');
  const constant = isTensor(value) ? constantOf(value) : null;
  if (constant !== null) return constant;
  for (const name of ['value_float', 'value_int']) {
    const number = attributes.get(name);
    if (typeof number === 'number') return Constant.of([number], []);
  }
  for (const name of ['value_floats', 'value_ints']) {
    const list = node.integers(name);
    if (list !== null) return Constant.of(list);
  }
  throw node.refusal('its value is of a kind that is not known here');
}

function isTensor(
  value: OnnxAttribute | undefined,
): value is Extract<OnnxAttribute, { shape: Shape }> {
  return typeof value === 'object' && 'values' in value && 'shape' in value;
}

/** Small ones at once; large ones are weights, whose numbers may not be there yet. */
function lazily(node: Lower, shape: Shape, numbers: () => ArrayLike<number>): Constant {
  checked(node, shape);
  return new Constant(shape, numbers);
}

/** @throws CycleganError for a hostile model's constants, which ask for more than there is room for. */
function checked(node: Lower, shape: Shape): number {
  const size = sizeOf(shape);
  if (shape.every((side) => Number.isInteger(side) && side >= 0) && size <= node.room.left) {
    node.room.left -= size;
    return size;
  }
  throw node.refusal(`it asks for a constant of shape [${shape.slice(0, 8).join(', ')}]`);
}

function spread(numbers: ArrayLike<number>, own: Shape, shape: Shape): Float64Array {
  const sides = [...new Array<number>(shape.length - own.length).fill(1), ...own];
  const strides = rowMajorStrides(sides).map((stride, axis) => (sides[axis] === 1 ? 0 : stride));
  return gathered(numbers, shape, strides);
}

function isWholeNumbers({ numbers }: Constant): boolean {
  return !(numbers instanceof Float32Array) && Array.from(numbers).every(Number.isInteger);
}

function range(size: number): ArrayLike<number> {
  return Float64Array.from({ length: size }, (_, i) => i);
}
