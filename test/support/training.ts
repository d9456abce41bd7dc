import { ReferenceProgram } from '../../src/engine/shared/reference.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { namesOf } from '../../src/nn/compile.js';
import type { Module } from '../../src/nn/module.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { bceWithLogitsLoss } from '../../src/train/losses/bceWithLogitsLoss.js';
import { l1Loss } from '../../src/train/losses/l1Loss.js';
import { mseLoss } from '../../src/train/losses/mseLoss.js';

export const LOSSES = { l1: l1Loss, mse: mseLoss, bce: bceWithLogitsLoss } as const;

/** A network traced for training with inputs `input`, `seed` and `target`; its output is the loss. */
export function lossGraph(
  net: Module,
  inputShape: readonly number[],
  loss: keyof typeof LOSSES,
): Graph {
  const g = new GraphBuilder(inputShape, namesOf(net));
  g.startTraining(g.addInput([2], 'seed'));
  const output = g.call(net, g.input);
  return g.finish(LOSSES[loss](g, output, g.addInput(output.shape, 'target')));
}

/** A program of reference loops. */
export function referenceOf(graph: Graph): ReferenceProgram {
  return new ReferenceProgram(graph, 'js');
}

/** The number of a parameter by its key. */
export function parameterId({ parameters }: Graph, key: string): number {
  const leaf = parameters.find((one) => one.key === key || one.aliases.includes(key));
  if (leaf === undefined) throw new Error(`there is no parameter ${key}`);
  return leaf.id;
}

export function dot(a: Tensor, b: Tensor): number {
  let sum = 0;
  for (let i = 0; i < a.size; i++) sum += a.data[i] * b.data[i];
  return sum;
}
