import { catOperator } from '../../../tensor/cat.js';
import { namesOf, spelling } from '../spelling.js';

export const catSpelling = spelling(
  catOperator,
  (writer, { attributes: { dim }, shape }, operands) =>
    writer.add('Concat', namesOf(operands), { axis: dim < 0 ? dim + shape.length : dim }),
);
