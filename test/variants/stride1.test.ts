import { stride1Suite } from '../support/stride1Suite.js';

stride1Suite(Number(process.env.CYCLEGAN_RUNS ?? 200));
