import { subOperator } from '../../../tensor/sub.js';
import { sameAs } from '../spelling.js';

export const subSpelling = sameAs(subOperator, 'Sub');
