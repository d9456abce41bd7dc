import { tanhOperator } from '../../../tensor/tanh.js';
import { sameAs } from '../spelling.js';

export const tanhSpelling = sameAs(tanhOperator, 'Tanh');
