import { reluOperator } from '../../../tensor/relu.js';
import { sameAs } from '../spelling.js';

export const reluSpelling = sameAs(reluOperator, 'Relu');
