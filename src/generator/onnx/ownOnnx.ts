import { traceGraph } from '../../nn/compile.js';
import type { Shaped } from '../../nn/loadStateDict.js';
import type { OnnxModel } from '../../pth/onnx/onnxModel.js';
import type { PictureTraits, ValueRange } from '../family.js';
import { measuredRanges, measuredTraits, measureSizes, type OwnNetwork } from '../ownNetwork.js';
import { hasChannelsLast, inputOf, OnnxNetwork } from './onnxNetwork.js';
import { modelError, wordsOf } from './words.js';

/** Sides of pictures that a model without any of its own is looked at with. */
const SIDE = 256;

/**
 * The network of an ONNX model.
 *
 * @param known Traits of the family that its weights are named after, if they are.
 * @param inputRange As a caller says.
 * @param buffers Weights that are not trained. Default: running statistics.
 * @throws CycleganError `ERR_ONNX` for a model that cannot be run: which node, and why.
 */
export function ownOnnx(
  onnx: OnnxModel,
  weights: ReadonlyMap<string, Shaped>,
  known: PictureTraits | null,
  inputRange: ValueRange | undefined,
  buffers?: ReadonlySet<string>,
): OwnNetwork {
  const { name, title } = wordsOf(onnx);
  const build = () => new OnnxNetwork(onnx, weights, buffers).eval();
  const network = build();
  const input = inputOf(onnx);
  const shape = pictureShape(onnx, input.shape);
  const { channels, height, width } = shape;
  const isFixed = height !== null && width !== null;
  const traced = [1, channels, height ?? SIDE, width ?? SIDE];
  // What cannot be run says so here, with its node.
  const graph = traceGraph(network, traced);
  const output = graph.values[graph.outputs[0]].shape;
  if (output.length !== 4) {
    throw modelError(onnx, `makes a value of shape [${output.join(', ')}], and no picture`);
  }
  const sizes = isFixed ? null : measureSizes(network, channels);
  const measured = measuredTraits(channels, {
    outputChannels: output[1],
    sizeRule: sizes?.sizeRule ?? fixedSizes(height, width),
  });
  const { notes: onRanges, ...ranges } = measuredRanges(graph, known, inputRange);
  const notes = [
    ...(onnx.outputs.length > 1
      ? [`Of the model's ${onnx.outputs.length} outputs, the first is taken.`]
      : []),
    ...onRanges,
    ...(isFixed && height !== width
      ? [`The model takes pictures of ${width} x ${height} alone: resize them to that.`]
      : []),
  ];
  return {
    name,
    title,
    description: `${title} of ${onnx.exported?.nodes ?? onnx.nodes.length} nodes${onnx.producer === '' ? '' : ` by ${onnx.producer}`}`,
    config: {
      inputChannels: channels,
      outputChannels: output[1],
      ...(onnx.exported === undefined ? { opset: onnx.opset } : {}),
    },
    traits: { ...measured, ...ranges, channelOrder: known?.channelOrder ?? 'rgb' },
    notes,
    build,
  };
}

function pictureShape(onnx: OnnxModel, shape: readonly (number | null)[] | null) {
  const channelsLast = hasChannelsLast(onnx);
  if (shape !== null && shape.length !== 4) {
    throw modelError(
      onnx,
      `takes a value of ${shape.length} dimensions, and no pictures, which have four`,
    );
  }
  const sides = shape ?? [null, 3, null, null];
  const [, channels, height, width] = channelsLast
    ? [sides[0], sides[3], sides[1], sides[2]]
    : sides;
  return { channels: channels ?? 3, height, width };
}

function fixedSizes(height: number | null, width: number | null): PictureTraits['sizeRule'] {
  const isSquare = height !== null && height === width;
  return { multipleOf: 1, roundsUpTo: 1, ...(isSquare ? { exactly: height } : {}) };
}
