import type { GraphNode } from '../../../../../graph/graph.js';
import { type DropoutAttributes, dropoutOperator } from '../../../../../tensor/training/dropout.js';
import { isFlat, isOfOnePicture, isReadableAsPictures, pictureLayout } from '../../layouts.js';
import { storedValue } from '../../lazyValue.js';
import { isPicture } from '../../pictures.js';
import type { OperatorRule } from '../../rule.js';

/** Which elements are dropped follows from their places, of which the first is the picture's in its batch: a node has that of one. */
export const dropoutRule: OperatorRule = {
  operator: dropoutOperator as unknown as OperatorRule['operator'],
  layout: pictureLayout,
  takes: (graph, { operands: [input, seed], shape }) =>
    input !== null &&
    seed !== null &&
    isPicture(shape, true) &&
    isReadableAsPictures(graph, input, true) &&
    isOfOnePicture(graph, input) &&
    isFlat(graph, seed),
  fuse: (fuser, node) => {
    const {
      p,
      stream,
      firstPicture: picture = 0,
    } = (node as GraphNode<DropoutAttributes>).attributes;
    const source = fuser.readable(fuser.operand(node, 0));
    const seed = fuser.flatOperand(node, 1);
    const to = fuser.store(node.shape);
    fuser.push({ kind: 'dropout', source, seed, p, stream, picture, to });
    return storedValue(to, p < 1 ? source.core.bound / (1 - p) : source.core.bound);
  },
};
