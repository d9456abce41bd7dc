import { gradientSuite } from '../support/gradientSuite.js';

gradientSuite();
