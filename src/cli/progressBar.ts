import type { RunOptions } from '../engine/engine.js';
import { operandShapes } from '../graph/graph.js';
import { seconds } from '../html/text.js';
import { traceGraph } from '../nn/compile.js';
import type { Module } from '../nn/module.js';
import { type Shape, sizeOf } from '../tensor/shape.js';
import type { Terminal } from './terminal.js';

const WIDTH = 24;
/** An element that is only copied or added takes about as long as so many multiply-adds. */
const ELEMENT_COST = 8;

/**
 * How far a work is, and how long it still takes if it goes on as it began: `[######......] 1.20 s left`.
 * @param elapsed Since it was at the share `from`, in milliseconds.
 */
export function progressBar(
  share: number,
  elapsed: number,
  { what = '', from = 0 }: { readonly what?: string; readonly from?: number } = {},
): string {
  const filled = Math.round(WIDTH * Math.min(1, share));
  const done = share - from;
  const left = done > 0 ? `  ${seconds((elapsed / done) * (1 - share))} left` : '';
  return `[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}]${what}${left}`;
}

/**
 * What shows how far a network is with one input: by what its layers cost, for they take very different times. With
 * `debug`, each layer gets a line that stays.
 *
 * @param name What is being translated.
 */
export function layerProgress(
  module: Module,
  inputShape: Shape,
  {
    name,
    debug,
    terminal,
  }: { readonly name: string; readonly debug: boolean; readonly terminal: Terminal },
): Pick<RunOptions, 'onProgress'> {
  if (debug) return { onProgress: layerLog(terminal) };
  if (!terminal.isLive) return {};
  let begin = { share: 0, at: performance.now() };
  return shareProgress(module, inputShape, (share, resumed) => {
    // What an earlier run has done says nothing of how long the rest takes.
    if (resumed) begin = { share, at: performance.now() };
    const elapsed = performance.now() - begin.at;
    terminal.progress(`${progressBar(share, elapsed, { from: begin.share })}  ${name}`);
  });
}

/** Has a network tell which share of its work is done, from 0 to 1. */
export function shareProgress(
  module: Module,
  inputShape: Shape,
  onShare: (share: number, resumed: boolean) => void,
): Required<Pick<RunOptions, 'onProgress'>> {
  const costs = layerCosts(module, inputShape);
  const total = [...costs.values()].reduce((sum, cost) => sum + cost, 0);
  let done = 0;
  return {
    onProgress: ({ node, resumed = false }) => {
      done += costs.get(node.id) ?? 0;
      onShare(done / total, resumed);
    },
  };
}

function layerLog(terminal: Terminal): RunOptions['onProgress'] {
  return ({ node, done, total, milliseconds }) =>
    terminal.say(
      `${String(done).padStart(4)}/${total}  ${node.name} ${node.op} [${node.shape.join(', ')}]  ${seconds(milliseconds)}`,
    );
}

/** By a node's number. */
function layerCosts(module: Module, inputShape: Shape): Map<number, number> {
  const graph = traceGraph(module, inputShape);
  return new Map(
    graph.nodes.map((node) => {
      const { operator, attributes, shape, id } = node;
      const products = operator.multiplyAdds?.(operandShapes(graph, node), attributes) ?? 0;
      return [id, products + ELEMENT_COST * sizeOf(shape)];
    }),
  );
}
