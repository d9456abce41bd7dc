import { CycleganError } from '../../errors.js';
import { INPUT, isNode } from '../../graph/graph.js';
import { traceGraph } from '../../nn/compile.js';
import type { Module } from '../../nn/module.js';
import { concatenate } from '../../platform/concatenate.js';
import { toFloat16 } from '../../pth/dtypes.js';
import { instanceNorm2dOperator } from '../../tensor/instanceNorm2d.js';
import { formatShape } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import { exactNormNodes } from './exactNorm.js';
import { type Constants, translateNode } from './operators.js';
import { ELEMENT, modelMessage, type OnnxNode, type OnnxTensor } from './schema.js';

export interface OnnxOptions {
  /** Version of ONNX's operators, 11 to 20. Default: 17. */
  readonly opset?: number;
  /** Whether batch, height and width may be any. Default: false, as traced. */
  readonly dynamic?: boolean;
  /** Whether weights and arithmetic have 16 bits; input and output keep 32. Default: false. */
  readonly fp16?: boolean;
  /**
   * Whether instance norms are spelled out, for runtimes whose own is not exact, such as onnxruntime-web. Default: false.
   */
  readonly exactNorms?: boolean;
  /** Texts for the file's metadata. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export const PRODUCER = 'cyclegan-ts';
const OPSETS = { least: 11, most: 20, usual: 17 };
/** Constants that are no weights have names that no state-dict key has. */
export const CONSTANT = '/constants/';

/**
 * A network as an ONNX model, for other runtimes. Weights have their state-dict keys as names.
 *
 * @param inputShape `[N, C, H, W]`.
 * @throws CycleganError `ERR_EXPORT` for an operator that ONNX does not have, or another opset; ShapeError when the
 * network does not take the input.
 */
export function exportOnnx(
  module: Module,
  inputShape: readonly number[],
  options: OnnxOptions = {},
): Uint8Array {
  return concatenate(onnxPieces(module, inputShape, options));
}

/** The same in pieces, most of them windows on the weights: to be written without a copy of them. */
export function onnxPieces(
  module: Module,
  inputShape: readonly number[],
  {
    opset = OPSETS.usual,
    dynamic = false,
    fp16 = false,
    exactNorms = false,
    metadata = {},
  }: OnnxOptions = {},
): readonly Uint8Array[] {
  if (!Number.isInteger(opset) || opset < OPSETS.least || opset > OPSETS.most) {
    throw new CycleganError(
      'ERR_EXPORT',
      `Opset ${opset} cannot be written; ${OPSETS.least} to ${OPSETS.most} can.`,
    );
  }
  if (inputShape.length !== 4) {
    throw new CycleganError(
      'ERR_EXPORT',
      `An ONNX model takes [N, C, H, W], not ${formatShape(inputShape)}.`,
    );
  }
  const graph = traceGraph(module, inputShape);
  const constants = new ConstantTable(module.stateDict(), fp16);
  const nodes: OnnxNode[] = [];
  const names = ['input'];
  const add = (node: OnnxNode) => {
    nodes.push(node);
    return node.output;
  };
  const cast = (input: string, to: number, output: string) =>
    add({ type: 'Cast', name: `/${output}/Cast`, inputs: [input], output, attributes: { to } });
  if (fp16) names[INPUT] = cast('input', ELEMENT.float16, 'input16');
  for (const node of graph.nodes) {
    const outputOf = (name: string) =>
      node.id === graph.output && !fp16 ? 'output' : `${name}_output_0`;
    if (exactNorms && isNode(node, instanceNorm2dOperator) && node.params.runningMean === null) {
      const name = `/${node.name}`;
      const norm = { params: node.params, name, input: names[node.inputs[0]] };
      const parts = exactNormNodes({ ...norm, output: outputOf(name) }, opset, constants);
      for (const part of parts) names[node.id] = add(part);
      continue;
    }
    const translation = translateNode(node, constants);
    if (translation === null) {
      throw new CycleganError('ERR_EXPORT', `${node.name}: ONNX has no operator "${node.op}".`);
    }
    const { type, attributes } = translation;
    const name = `/${node.name}/${type}`;
    names[node.id] = add({
      type,
      name,
      inputs: [...node.inputs.map((id) => names[id]), ...translation.constants],
      output: outputOf(name),
      attributes,
    });
  }
  const outputShape = graph.output === INPUT ? inputShape : graph.nodes[graph.output - 1].shape;
  if (fp16) cast(names[graph.output], ELEMENT.float, 'output');
  const sides = (shape: readonly number[], [height, width]: readonly [string, string]) =>
    dynamic ? ['batch', shape[1], height, width] : shape;
  return modelMessage({
    producer: [PRODUCER, '1'],
    opset,
    metadata,
    graphName: module.constructor.name,
    nodes,
    tensors: constants.tensors,
    input: { name: 'input', shape: sides(inputShape, ['height', 'width']) },
    output: { name: 'output', shape: sides(outputShape, ['output_height', 'output_width']) },
  }).pieces;
}

/** Every tensor of the file, each once. */
class ConstantTable implements Constants {
  readonly tensors: OnnxTensor[] = [];
  readonly #keys: ReadonlyMap<Tensor, string>;
  readonly #known = new Set<string>();
  readonly #fp16: boolean;

  constructor(stateDict: ReadonlyMap<string, Tensor>, fp16: boolean) {
    this.#keys = new Map([...stateDict].map(([key, tensor]) => [tensor, key]));
    this.#fp16 = fp16;
  }

  weight(tensor: Tensor): string {
    const name = this.#keys.get(tensor) ?? `${CONSTANT}tensor${this.#known.size}`;
    return this.#floats(name, tensor.data, tensor.shape);
  }

  filled(value: number, count: number): string {
    return this.#floats(`${CONSTANT}${value}x${count}`, new Float32Array(count).fill(value), [
      count,
    ]);
  }

  integers(values: readonly number[]): string {
    const data = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    const name = `${CONSTANT}${values.join('_')}`;
    return this.#add({ name, element: ELEMENT.int64, shape: [values.length], data });
  }

  #floats(name: string, values: Float32Array, shape: readonly number[]): string {
    const numbers = this.#fp16 && !this.#known.has(name) ? toFloat16(values) : values;
    const data = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    return this.#add({ name, element: this.#fp16 ? ELEMENT.float16 : ELEMENT.float, shape, data });
  }

  #add(tensor: OnnxTensor): string {
    if (!this.#known.has(tensor.name)) this.tensors.push(tensor);
    this.#known.add(tensor.name);
    return tensor.name;
  }
}
