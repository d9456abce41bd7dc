import { ShapeError } from '../../errors.js';
import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Module } from '../../nn/module.js';
import { Parameter } from '../../nn/parameter.js';
import type { OnnxModel, OnnxNode } from '../../pth/onnx/onnxModel.js';
import { type Shape, sameShape, sizeOf } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { fold } from './fold.js';
import { type ConstantRoom, constantOf, type DerivedTensors, Lower, refusal } from './lowering.js';
import { type Comparison, Computed, Constant, type Operand } from './operand.js';
import { LOWERINGS } from './operators/index.js';
import { modelError } from './words.js';

/** Elements of all constants that are computed: those of honest models are sizes, pads and a few factors. */
const MAX_CONSTANTS = 1 << 24;

/** Channels of a picture. */
const CHANNELS = [1, 3, 4];
const MAX_CHANNELS = 4;
/** Axes of `[N, C, H, W]` as `[N, H, W, C]` counts them. */
const CHANNELS_LAST = [0, 2, 3, 1];

/**
 * The network of an ONNX model: `[N, C, H, W]` in and out, also where the model has its channels last. Its state dict has the
 * model's weights, under the names that they have there.
 */
export class OnnxNetwork extends Module {
  readonly #model: OnnxModel;
  readonly #weights = new Map<string, Parameter>();
  readonly #kept = new Kept();

  /**
   * @param weights The tensors of the model that are weights, by name.
   * @param buffers Those of them that are not trained. Default: running statistics.
   */
  constructor(
    model: OnnxModel,
    weights: ReadonlyMap<string, { readonly shape: Shape }>,
    buffers: ReadonlySet<string> = statisticsOf(model),
  ) {
    super();
    this.#model = model;
    for (const [name, { shape }] of weights) {
      const parameter = parameterOf(shape, model.initializers.get(name)?.values ?? null);
      if (buffers.has(name)) this.registerBuffer(name, parameter);
      else this.registerParameter(name, parameter);
      this.#weights.set(name, parameter);
    }
  }

  /** @throws CycleganError `ERR_ONNX` for a node that cannot be run, by its name. */
  override trace(g: GraphBuilder, x: Value): Value {
    const { initializers, nodes, outputs } = this.#model;
    const operands = new Map<string, Operand | Comparison>();
    const room = { left: MAX_CONSTANTS };
    for (const [name, tensor] of initializers) {
      const parameter = this.#weights.get(name);
      const constant =
        parameter === undefined ? constantOf(tensor) : Constant.ofParameter(parameter);
      if (constant !== null) operands.set(name, constant);
    }
    operands.set(
      inputOf(this.#model).name,
      new Computed(x, hasChannelsLast(this.#model) ? CHANNELS_LAST : null),
    );
    const wanted = outputs[0]?.name;
    if (wanted === undefined) throw modelError(this.#model, 'has no output');
    for (const node of neededFor(wanted, nodes)) this.#lower(g, node, operands, room);
    const output = operands.get(wanted);
    if (!(output instanceof Computed)) {
      throw modelError(
        this.#model,
        `has an output that does not depend on its input, "${wanted.slice(0, 100)}"`,
      );
    }
    return outputValue(g, output, wanted);
  }

  #lower(
    g: GraphBuilder,
    node: OnnxNode,
    operands: Map<string, Operand | Comparison>,
    room: ConstantRoom,
  ): void {
    const { type, domain, inputs, outputs } = node;
    const given = inputs.map((name) => {
      if (name === '') return null;
      const operand = operands.get(name);
      if (operand === undefined)
        throw refusal(node, `its input "${name.slice(0, 100)}" is made by no node before it`);
      return operand;
    });
    const lower = new Lower(g, node, this.#model.opset, given, this.#kept, room);
    const isStandard = domain === '' || domain === 'ai.onnx';
    const lowering = isStandard ? LOWERINGS.get(type) : undefined;
    const made = worded(node, () => (isStandard ? fold(lower) : null) ?? lowering?.(lower));
    if (made === undefined) throw refusal(node, 'there is no such operator here');
    const results = Array.isArray(made) ? made : [made];
    for (const [i, name] of outputs.entries()) {
      const result = results[i];
      if (result === undefined || name === '') continue;
      // Whoever reads it could mean the other one.
      if (operands.has(name)) {
        throw refusal(node, `its output "${name.slice(0, 100)}" is there already`);
      }
      operands.set(name, result);
    }
  }
}

/** Nodes that an output is made of: models of detectors have others beside a picture. @param nodes In order of execution. */
function neededFor(output: string, nodes: readonly OnnxNode[]): readonly OnnxNode[] {
  const needed = new Set([output]);
  const found: OnnxNode[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => name !== '' && needed.has(name))) continue;
    for (const name of node.inputs) needed.add(name);
    found.push(node);
  }
  return found.reverse();
}

/** What an operator says of shapes does not tell which of the nodes it is of. */
function worded<T>(node: OnnxNode, lower: () => T): T {
  try {
    return lower();
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw refusal(node, error.message.replace(/\.$/, ''), error);
  }
}

/** Small weights are known before any are loaded: a scale or a bound of pictures may be one. */
function parameterOf(shape: Shape, values: ArrayLike<number> | null): Parameter {
  if (values?.length !== sizeOf(shape)) return Parameter.filled(shape, 0);
  return new Parameter(shape, () => Float32Array.from(values));
}

function statisticsOf({ nodes }: OnnxModel): ReadonlySet<string> {
  const norms = nodes.filter(({ type }) => type === 'BatchNormalization');
  return new Set(norms.flatMap(({ inputs }) => inputs.slice(3)));
}

/** The one input of a model. @throws CycleganError for a model that has several. */
export function inputOf(model: OnnxModel) {
  const { inputs } = model;
  if (inputs.length === 1) return inputs[0];
  const names = inputs.slice(0, 5).map(({ name }) => JSON.stringify(name.slice(0, 50)));
  throw modelError(
    model,
    `has ${inputs.length} inputs${inputs.length === 0 ? '' : ` (${names.join(', ')})`}; a generator has one, a picture`,
  );
}

/** Whether a model takes `[N, H, W, C]`. */
export function hasChannelsLast(model: OnnxModel): boolean {
  const { shape } = inputOf(model);
  if (shape?.length !== 4) return false;
  const isSide = (side: number | null) => side === null || side > MAX_CHANNELS;
  return shape[3] !== null && CHANNELS.includes(shape[3]) && isSide(shape[1]) && isSide(shape[2]);
}

/** `[N, C, H, W]`, whichever way the model counts its axes. */
function outputValue(g: GraphBuilder, output: Computed, name: string): Value {
  const { value, axes, view } = output;
  if (view === null && (axes === null || sameShape(axes, CHANNELS_LAST))) return value;
  const lower = new Lower(
    g,
    { type: 'output', domain: '', name, inputs: [], outputs: [name], attributes: new Map() },
    1,
    [],
    new Kept(),
    { left: 0 },
  );
  return lower.plain(output);
}

/** Tensors that are computed of weights: the same ones again, until the weights are others. */
class Kept implements DerivedTensors {
  readonly #tensors = new Map<
    string,
    {
      readonly roots: readonly Tensor[];
      readonly numbers: ArrayLike<number> | null;
      readonly tensor: Tensor;
    }
  >();

  tensor(
    key: string,
    shape: Shape,
    { roots: parameters }: Constant,
    numbers: () => ArrayLike<number>,
  ): Tensor {
    const roots = parameters.map(({ tensor }) => tensor);
    const known = this.#tensors.get(key);
    const values = roots.length === 0 ? numbers() : null;
    if (
      known !== undefined &&
      isSame(roots, known.roots) &&
      (values === null || isSame(values, known.numbers ?? []))
    ) {
      return known.tensor;
    }
    const tensor =
      values === null
        ? new Tensor((to) => to.set(numbers()), shape)
        : new Tensor(Float32Array.from(values), shape);
    this.#tensors.set(key, { roots, numbers: values, tensor });
    return tensor;
  }
}

function isSame<T>(a: ArrayLike<T>, b: ArrayLike<T>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
