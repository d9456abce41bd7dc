import { CycleganError } from '../../errors.js';
import { traceGraph } from '../../nn/compile.js';
import type { Module } from '../../nn/module.js';
import { concatenate } from '../../platform/concatenate.js';
import { checkShape, checkOptions as requireOptions } from '../../tensor/callerValues.js';
import { formatShape } from '../../tensor/shape.js';
import { modelMessage, type OnnxValue } from './schema.js';
import { writeGraph } from './writeGraph.js';

export interface OnnxOptions {
  /** Version of ONNX's operators, 11 to 20. Default: 17. */
  readonly opset?: number;
  /** Whether batch, height and width may be any. Default: false, as traced. */
  readonly dynamic?: boolean;
  /** Whether weights and arithmetic have 16 bits; input and output keep 32. Default: false. */
  readonly fp16?: boolean;
  /**
   * Whether instance and group norms are spelled out, for runtimes whose own is not exact, such as onnxruntime-web. Default: false.
   */
  readonly exactNorms?: boolean;
  /** Texts for the file's metadata. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export const PRODUCER = 'cyclegan-ts';
const OPSETS = { least: 11, most: 20, usual: 17 };

/**
 * A network as an ONNX model, for other runtimes. Weights have their state-dict keys as names.
 *
 * ```ts
 * const model = exportOnnx(new Conv2d(3, 8, 3), [1, 3, 8, 8], { dynamic: true });
 * (await openWeights(model)).tensors.get('weight')?.shape; // [8, 3, 3, 3]
 * ```
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
  options: OnnxOptions = {},
): readonly Uint8Array[] {
  requireOptions('exportOnnx', options);
  checkShape('exportOnnx: inputShape', inputShape);
  const { opset = OPSETS.usual, dynamic = false, metadata = {} } = options;
  requireOptions('exportOnnx: metadata', metadata);
  checkOptions(opset, inputShape);
  const graph = traceGraph(module, inputShape);
  const { fp16 = false, exactNorms = false } = options;
  const { nodes, tensors, inputs, outputs } = writeGraph(graph, { opset, fp16, exactNorms });
  const withSides = ({ name, shape }: OnnxValue, prefix: string): OnnxValue => ({
    name,
    shape: dynamic
      ? ['batch', shape[1], `${prefix}height`, `${prefix}width`].slice(0, shape.length)
      : shape,
  });
  return modelMessage({
    producer: [PRODUCER, '1'],
    opset,
    metadata,
    graphName: module.constructor.name,
    nodes,
    tensors,
    inputs: inputs.map((value) => withSides(value, '')),
    outputs: outputs.map((value) => withSides(value, 'output_')),
  }).pieces;
}

function checkOptions(opset: number, inputShape: readonly number[]): void {
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
}
