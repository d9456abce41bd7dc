import { mulOperator } from '../../../tensor/mul.js';
import { sameAs } from '../spelling.js';

export const mulSpelling = sameAs(mulOperator, 'Mul');
