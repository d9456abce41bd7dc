import type { GraphNode } from '../../../../graph/graph.js';
import { convPhase, transposedPhases } from '../../../../tensor/axisPhase.js';
import { convTranspose2dOperator } from '../../../../tensor/convTranspose2d.js';
import type { Fuser } from '../fuser.js';
import { rule } from '../rule.js';
import { fuseConvolution } from './convolution.js';

type Attributes = Parameters<typeof convTranspose2dOperator.run>[1];

/** Of stride 1, a direct convolution whose taps go backwards, with what the padding leaves of the border that reaches all. */
export const convTranspose2dRule = rule(
  convTranspose2dOperator,
  (fuser, node) => {
    if (isStride1(fuser, node)) {
      return fuseConvolution(fuser, node, {
        isTransposed: false,
        isAdjoint: true,
        phasesOf: (outSize, kernelSize, stride, padding, dilation) => [
          convPhase(outSize, kernelSize, stride, dilation * (kernelSize - 1) - padding, dilation),
        ],
      });
    }
    return fuseConvolution(fuser, node, {
      isTransposed: true,
      isAdjoint: false,
      phasesOf: transposedPhases,
    });
  },
  { pictures: 1 },
);

/** Whether it is of stride 1, and takes no more off than the border that a direct convolution needs. */
function isStride1(fuser: Fuser, node: GraphNode<Attributes>): boolean {
  const { stride, padding, dilation } = node.attributes;
  const kernel = fuser.weightShape(fuser.weight(node, 1) as number).slice(2);
  return [0, 1].every(
    (axis) => stride[axis] === 1 && padding[axis] <= dilation[axis] * (kernel[axis] - 1),
  );
}
