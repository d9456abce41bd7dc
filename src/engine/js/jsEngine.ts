import type { Engine } from '../engine.js';
import { PlainProgram } from '../plainProgram.js';

/** The plain-loop engine: each operator's reference form. Runs everywhere. */
export const jsEngine: Engine = {
  name: 'js',
  unavailable: () => null,
  compile: async (graph) => new PlainProgram(graph, 'js'),
};
