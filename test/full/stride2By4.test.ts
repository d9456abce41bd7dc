import { stride2By4Suite } from '../support/stride2By4Suite.js';

stride2By4Suite(Number(process.env.CYCLEGAN_RUNS ?? 25));
