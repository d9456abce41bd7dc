import type { GraphNode } from '../../../../graph/graph.js';
import type { AxisPhase } from '../../../../tensor/axisPhase.js';
import type { Conv2dAttributes } from '../../../../tensor/conv2d.js';
import type { Fuser } from '../fuser.js';
import type { LazyValue } from '../lazyValue.js';

interface ConvolutionKind {
  readonly isTransposed: boolean;
  readonly isAdjoint: boolean;
  /** The phases of one axis. */
  readonly phasesOf: (
    outSize: number,
    kernelSize: number,
    stride: number,
    padding: number,
    dilation: number,
  ) => readonly AxisPhase[];
}

/** A convolution, direct or transposed, of the first operand with weight and bias. */
export function fuseConvolution(
  fuser: Fuser,
  node: GraphNode<Conv2dAttributes>,
  { isTransposed, isAdjoint, phasesOf }: ConvolutionKind,
): LazyValue {
  const { stride, padding, dilation, groups } = node.attributes;
  const weight = fuser.weight(node, 1) as number;
  const weightShape = fuser.weightShape(weight);
  const outSize = node.shape.slice(-2);
  const phases = (axis: 0 | 1) =>
    phasesOf(outSize[axis], weightShape[2 + axis], stride[axis], padding[axis], dilation[axis]);
  const how = {
    isTransposed,
    isAdjoint,
    weight,
    weightShape,
    bias: fuser.weight(node, 2),
    stride,
    dilation,
    groups,
    inStep: isTransposed ? ([1, 1] as const) : stride,
    rows: phases(0),
    cols: phases(1),
  };
  return fuser.convolve(fuser.operand(node, 0), how, node.shape);
}
