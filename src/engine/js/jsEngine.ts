import type { Engine } from '../engine.js';
import { ReferenceProgram } from '../shared/reference.js';

/** The reference engine: each operator's plain loops. Runs everywhere. */
export const jsEngine: Engine = {
  name: 'js',
  unavailable: async () => null,
  compile: async (graph) => new ReferenceProgram(graph, 'js'),
};
