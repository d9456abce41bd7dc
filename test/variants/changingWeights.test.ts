import { changingWeightsSuite } from '../support/changingWeightsSuite.js';

changingWeightsSuite();
