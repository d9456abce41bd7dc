import { engineNames } from '../../src/engine/engines.js';

/** Every engine runs every suite that compares engines. */
export const engines = engineNames;
