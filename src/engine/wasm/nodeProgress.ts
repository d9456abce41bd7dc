import type { GraphNode } from '../../graph/graph.js';
import { noticeOnce } from '../../platform/notice.js';
import type { RunOptions } from '../engine.js';
import type { Assembly } from './plan/assembly.js';

/** Tells of nodes while a program goes through its steps, each of which may do the work of several. */
export class NodeProgressReporter {
  readonly #nodes: readonly GraphNode[];
  readonly #steps: Assembly['steps'];
  readonly #pictures: number;
  readonly #onProgress: RunOptions['onProgress'];
  /** How many nodes are done with each, once it is. */
  readonly #places: ReadonlyMap<number, number>;
  #reported = 0;
  #since = performance.now();

  constructor(
    nodes: readonly GraphNode[],
    steps: Assembly['steps'],
    pictures: number,
    onProgress: RunOptions['onProgress'],
  ) {
    this.#nodes = nodes;
    this.#steps = steps;
    this.#pictures = pictures;
    this.#onProgress = onProgress;
    this.#places = new Map(nodes.map(({ id }, index) => [id, index + 1]));
  }

  /**
   * A step of a picture is done. All nodes that came before the step's own count as done, too. A node may take several
   * steps: it is done with the last.
   */
  stepDone(picture: number, step: number): void {
    if (step === this.#steps.length - 1) {
      this.nodesDone(picture, this.#nodes.length);
      return;
    }
    const { node } = this.#steps[step];
    if (node === this.#steps[step + 1].node) return;
    this.nodesDone(picture, this.#placeOf(step));
  }

  /** An earlier run has done so many steps of a picture. */
  resumed(picture: number, steps: number): void {
    const place = this.#placeOf(steps - 1);
    const { node } = this.#steps[steps - 1];
    const done = node !== null && node === this.#steps[steps]?.node ? place - 1 : place;
    noticeOnce(
      `Goes on where an earlier run was ended: ${done} of ${this.#nodes.length} layers are done.`,
    );
    this.nodesDone(picture, done, true);
  }

  #placeOf(step: number): number {
    const { node } = this.#steps[step];
    return node === null ? 0 : (this.#places.get(node.id) ?? 0);
  }

  /**
   * Reports nodes of a picture, up to a number of them, that were not reported before.
   * @param resumed Whether an earlier run has done them.
   */
  nodesDone(picture: number, done: number, resumed = false): void {
    if (this.#onProgress === undefined) return;
    const target = picture * this.#nodes.length + done;
    const now = performance.now();
    while (this.#reported < target) {
      const node = this.#nodes[this.#reported % this.#nodes.length];
      this.#reported++;
      this.#onProgress({
        node,
        done: this.#reported,
        total: this.#nodes.length * this.#pictures,
        milliseconds: this.#reported === target && !resumed ? now - this.#since : 0,
        ...(resumed ? { resumed } : {}),
      });
    }
    this.#since = now;
  }
}
