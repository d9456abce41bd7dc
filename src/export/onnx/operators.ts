import type { GraphNode } from '../../graph/graph.js';
import { isNode } from '../../graph/graph.js';
import { addOperator } from '../../tensor/add.js';
import { batchNorm2dOperator } from '../../tensor/batchNorm2d.js';
import { conv2dOperator } from '../../tensor/conv2d.js';
import { convTranspose2dOperator } from '../../tensor/convTranspose2d.js';
import { instanceNorm2dOperator } from '../../tensor/instanceNorm2d.js';
import { leakyReluOperator } from '../../tensor/leakyRelu.js';
import type { NormParams } from '../../tensor/normalize.js';
import { reflectionPad2dOperator } from '../../tensor/reflectionPad2d.js';
import { reluOperator } from '../../tensor/relu.js';
import { tanhOperator } from '../../tensor/tanh.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { AttributeValue } from './schema.js';

/** Where an operator's tensors get their names and their place in the file. */
export interface Constants {
  /** A weight, under its state-dict key. */
  weight(tensor: Tensor): string;
  /** The same number `count` times, such as the scale of a norm that has none. */
  filled(value: number, count: number): string;
  integers(values: readonly number[]): string;
}

/** A node without its values' names. */
export interface Translation {
  readonly type: string;
  /** Inputs behind those of the graph. */
  readonly constants: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** What ONNX calls a node; `null` for an operator that it does not know. */
export function translateNode(node: GraphNode, c: Constants): Translation | null {
  if (isNode(node, conv2dOperator)) {
    const { weight, bias, stride, padding, dilation, groups } = node.params;
    return {
      type: 'Conv',
      constants: withBias(weight, bias, c),
      attributes: window(weight, stride, padding, dilation, groups),
    };
  }
  if (isNode(node, convTranspose2dOperator)) {
    const { weight, bias, stride, padding, outputPadding, dilation, groups } = node.params;
    return {
      type: 'ConvTranspose',
      constants: withBias(weight, bias, c),
      attributes: {
        ...window(weight, stride, padding, dilation, groups),
        output_padding: outputPadding,
      },
    };
  }
  if (isNode(node, instanceNorm2dOperator)) {
    const { runningMean } = node.params;
    return runningMean === null
      ? norm('InstanceNormalization', node, node.params, [], c)
      : statisticsNorm(node, node.params, c);
  }
  if (isNode(node, batchNorm2dOperator)) return statisticsNorm(node, node.params, c);
  if (isNode(node, reflectionPad2dOperator)) {
    const [left, right, top, bottom] = node.params.padding;
    return {
      type: 'Pad',
      constants: [c.integers([0, 0, top, left, 0, 0, bottom, right])],
      attributes: { mode: 'reflect' },
    };
  }
  if (isNode(node, leakyReluOperator)) {
    const { negativeSlope } = node.params;
    return { type: 'LeakyRelu', constants: [], attributes: { alpha: { float: negativeSlope } } };
  }
  if (isNode(node, reluOperator)) return plain('Relu');
  if (isNode(node, tanhOperator)) return plain('Tanh');
  if (isNode(node, addOperator)) return plain('Add');
  return null;
}

function plain(type: string): Translation {
  return { type, constants: [], attributes: {} };
}

function withBias(weight: Tensor, bias: Tensor | null, c: Constants): string[] {
  return bias === null ? [c.weight(weight)] : [c.weight(weight), c.weight(bias)];
}

function window(
  weight: Tensor,
  stride: readonly number[],
  [vertical, horizontal]: readonly number[],
  dilation: readonly number[],
  groups: number,
): Record<string, AttributeValue> {
  return {
    dilations: dilation,
    group: groups,
    kernel_shape: weight.shape.slice(2),
    pads: [vertical, horizontal, vertical, horizontal],
    strides: stride,
  };
}

function norm(
  type: string,
  node: GraphNode,
  { weight, bias, eps }: NormParams,
  statistics: readonly string[],
  c: Constants,
): Translation {
  const channels = node.shape[node.shape.length - 3];
  const scale = weight === null ? c.filled(1, channels) : c.weight(weight);
  const shift = bias === null ? c.filled(0, channels) : c.weight(bias);
  return {
    type,
    constants: [scale, shift, ...statistics],
    attributes: { epsilon: { float: eps } },
  };
}

/** With statistics of its own, any norm is what ONNX calls a batch norm. */
function statisticsNorm(node: GraphNode, params: NormParams, c: Constants): Translation | null {
  const { runningMean, runningVar } = params;
  if (runningMean === null || runningVar === null) return null;
  const statistics = [c.weight(runningMean), c.weight(runningVar)];
  return norm('BatchNormalization', node, params, statistics, c);
}
