import { weightGradientSuite } from '../support/weightGradientSuite.js';

weightGradientSuite(Number(process.env.CYCLEGAN_RUNS ?? 120));
