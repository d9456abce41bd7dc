import { divOperator } from '../../../tensor/div.js';
import { sameAs } from '../spelling.js';

export const divSpelling = sameAs(divOperator, 'Div');
