import { pixelShuffleOperator } from '../../../tensor/pixelShuffle.js';
import { namesOf, spelling } from '../spelling.js';

export const pixelShuffleSpelling = spelling(pixelShuffleOperator, (writer, node, operands) =>
  writer.add('DepthToSpace', namesOf(operands), {
    blocksize: node.attributes.upscaleFactor,
    mode: 'CRD',
  }),
);
