import type { AtenNode } from '../atenNode.js';
import type { Spelling } from './spelling.js';

const LAST = Number.MAX_SAFE_INTEGER;

export const slice: Spelling = (node) => {
  const bound = (name: string, absent: number) =>
    node.has(name) ? node.sizes(name) : node.constants(name, [absent]);
  const [starts, ends] = [bound('start', 0), bound('end', LAST)];
  const axes = node.constants('axes', [node.number('dim', 0)]);
  const steps = node.constants('steps', [node.number('step', 1)]);
  node.result('Slice', [node.value('self'), starts, ends, axes, steps]);
};

export const select: Spelling = (node) => {
  const index = node.add('Squeeze', [node.sizes('index')]);
  node.result('Gather', [node.value('self'), index], { axis: node.number('dim', 0) });
};

/** A start below 0 counts from the end on, and what ends there has no end that can be counted so. */
export const narrow: Spelling = (node) => {
  const [start, length] = [node.sizes('start'), node.sizes('length')];
  const [first, count] = [node.argument('start'), node.argument('length')];
  const isFromEnd = typeof first === 'number' && first < 0;
  if (isFromEnd && !(typeof count === 'number' && first + count <= 0))
    throw node.refusal('its part begins before the end, and ends behind it');
  const isUpToEnd = isFromEnd && first + (count as number) === 0;
  const end = isUpToEnd ? node.constants('end', [LAST]) : node.add('Add', [start, length]);
  const axes = node.constants('axes', [node.number('dim', 0)]);
  node.result('Slice', [node.value('self'), start, end, axes]);
};

/** Of as many parts as there are outputs, which may be fewer than were asked for. */
export const chunk: Spelling = (node) => {
  const count = node.node.outputs.length;
  if (count > node.number('chunks', count)) throw node.refusal('it makes more than its "chunks"');
  node.results('Split', [node.value('self')], { axis: node.number('dim', 0), num_outputs: count });
};

/** Into parts of sizes that are listed, or of one size, with what is left at the end. */
export const split: Spelling = (node) => {
  const given = node.argument(node.has('split_sizes') ? 'split_sizes' : 'split_size');
  const dim = node.number('dim', 0);
  if (typeof given === 'number') return partsOf(node, given, dim);
  const sizes = node.numbers(node.has('split_sizes') ? 'split_sizes' : 'split_size') ?? [];
  if (sizes.length !== node.node.outputs.length)
    throw node.refusal(`it makes ${node.node.outputs.length} parts of ${sizes.length} sizes`);
  node.results('Split', [node.value('self'), node.constants('sizes', sizes)], { axis: dim });
};

/** A part that reaches beyond the side ends with it. */
function partsOf(node: AtenNode, size: number, dim: number): void {
  const [self, axes] = [node.value('self'), node.constants('axes', [dim])];
  for (let i = 0; i < node.node.outputs.length; i++) {
    const bounds = [i, i + 1].map((at) => node.constants('bound', [at * size]));
    node.resultAt(i, 'Slice', [self, ...bounds, axes]);
  }
}
