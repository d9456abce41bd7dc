import { convTranspose2dOperator } from '../../../tensor/convTranspose2d.js';
import { namesOf, spelling } from '../spelling.js';
import { convolutionAttributes } from './convolutionAttributes.js';

export const convTranspose2dSpelling = spelling(
  convTranspose2dOperator,
  (writer, { attributes }, operands) =>
    writer.add('ConvTranspose', namesOf(operands), {
      ...convolutionAttributes(attributes, operands[1]),
      output_padding: attributes.outputPadding,
    }),
);
