import { sigmoidOperator } from '../../../tensor/sigmoid.js';
import { sameAs } from '../spelling.js';

export const sigmoidSpelling = sameAs(sigmoidOperator, 'Sigmoid');
