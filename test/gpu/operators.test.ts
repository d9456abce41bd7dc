import { describe } from 'vitest';
import { golden, goldenNumbers } from '../support/golden.js';
import { operatorSuite } from '../support/operatorSuite.js';

describe('operators against PyTorch', () => {
  operatorSuite(golden.operators, () => goldenNumbers);
});
