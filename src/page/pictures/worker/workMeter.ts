import { operandShapes } from '../../../graph/graph.js';
import { traceGraph } from '../../../nn/compile.js';
import { networkInputShape, type PictureNetwork } from '../../../translate/pictureNetwork.js';

/** Less of the work tells nothing of how long the rest will take. */
const MIN_SHARE = 0.08;
/** What an operator without products costs, for each element that it writes. */
const WORK_PER_ELEMENT = 8;

/** How much of a network's work is done, by multiply-adds, and how long the rest will take. */
export class WorkMeter {
  /** Work up to and with each node, in the network's order. */
  readonly #upTo: readonly number[];
  #begin = performance.now();

  constructor(network: PictureNetwork, size: { readonly width: number; readonly height: number }) {
    const graph = traceGraph(network.module, networkInputShape(size, network));
    let sum = 0;
    this.#upTo = graph.nodes.map((node) => {
      const shapes = operandShapes(graph, node);
      const products = node.operator.multiplyAdds?.(shapes, node.attributes) ?? 0;
      const elements = node.shape.reduce((product, side) => product * side, 1);
      sum += products + WORK_PER_ELEMENT * elements;
      return sum;
    });
  }

  /** The network begins now. */
  start(): void {
    this.#begin = performance.now();
  }

  /** @param done Nodes that are done, of `total`. */
  read(done: number, total: number): { share: number; secondsLeft: number | null } {
    const all = this.#upTo.at(-1) ?? 1;
    const known = total === this.#upTo.length;
    const share = known ? this.#upTo[done - 1] / all : done / total;
    if (share < MIN_SHARE) return { share, secondsLeft: null };
    const seconds = (performance.now() - this.#begin) / 1000;
    return { share, secondsLeft: (seconds * (1 - share)) / share };
  }
}
