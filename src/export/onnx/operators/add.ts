import { addOperator } from '../../../tensor/add.js';
import { sameAs } from '../spelling.js';

export const addSpelling = sameAs(addOperator, 'Add');
