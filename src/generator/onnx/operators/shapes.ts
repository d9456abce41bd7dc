import { pixelShuffleOperator, resolvePixelShuffle } from '../../../tensor/pixelShuffle.js';
import { sizeOf } from '../../../tensor/shape.js';
import { pixelUnshuffleOperator } from '../../../tensor/training/pixelUnshuffle.js';
import { permutationOf, reshapedShape } from '../axes.js';
import type { Lower, Lowering } from '../lowering.js';
import { Computed } from '../operand.js';
import { channelsInOrder } from './parts.js';

/** Nothing is moved before the value is read. */
export const reshape: Lowering = (node) => {
  const x = node.computed(0);
  const shape = reshapedShape(node, x.shape);
  if (sizeOf(shape) !== sizeOf(x.shape)) {
    throw node.refusal(`[${x.shape.join(', ')}] cannot become [${shape.join(', ')}]`);
  }
  return new Computed(x.value, x.axes, shape);
};

export const transpose: Lowering = (node) => {
  const x = node.computed(0);
  const order = permutationOf(node, x.shape.length);
  const shuffled =
    x.view === null ? null : (pixelsOfChannels(node, x, order) ?? channelsOfPixels(node, x, order));
  if (shuffled !== null) return shuffled;
  const plain = x.view === null ? x : new Computed(node.plain(x));
  return new Computed(
    plain.value,
    order.map((axis) => plain.axes?.[axis] ?? axis),
  );
};

/** Channels that become blocks of pixels, as exporters spell it: taken for six dimensions, and their order changed. */
function pixelsOfChannels(node: Lower, x: Computed, order: readonly number[]): Computed | null {
  const { view } = x;
  const value = node.plain(new Computed(x.value, x.axes));
  if (view?.length !== 6 || value.shape.length !== 4) return null;
  const isLast = order.join() === '0,1,4,2,5,3';
  const [depth, r] = isLast ? [view[1], view[2]] : [view[3], view[1]];
  const [batch, channels, height, width] = value.shape;
  const blocks = isLast ? [depth, r, r] : [r, r, depth];
  const isBlocks = view.join() === [batch, ...blocks, height, width].join();
  if (!isBlocks || depth * r * r !== channels || (!isLast && order.join() !== '0,3,4,1,5,2'))
    return null;
  const ordered = isLast ? value : channelsInOrder(node, value, blockOrder(channels, r * r));
  const made = node.g.apply(pixelShuffleOperator, [ordered], { upscaleFactor: r });
  return new Computed(made, null, [batch, depth, height, r, width, r]);
}

/** The other way round: blocks of pixels that become channels. */
function channelsOfPixels(node: Lower, x: Computed, order: readonly number[]): Computed | null {
  const value = node.plain(new Computed(x.value, x.axes));
  const [batch, channels, height, width] = value.shape;
  const r = x.view?.[3] ?? 0;
  const blocks = [batch, channels, height / r, r, width / r, r];
  const isBlocks = value.shape.length === 4 && x.view?.join() === blocks.join();
  if (!isBlocks || order.join() !== '0,1,3,5,2,4') return null;
  const made = node.g.apply(pixelUnshuffleOperator, [value], { upscaleFactor: r });
  return new Computed(made, null, [batch, channels, r, r, height / r, width / r]);
}

/** Where the place within a block goes by slowest, and is to go by fastest. */
function blockOrder(channels: number, blocks: number): number[] {
  const depth = channels / blocks;
  return Array.from({ length: channels }, (_, c) => (c % blocks) * depth + Math.floor(c / blocks));
}

/** What changes nothing when a picture is translated. */
export const identity: Lowering = (node) => node.computed(0);

const FLOATS = [1, 10, 11, 16];

/** All floats are of 32 bits here. */
export const cast: Lowering = (node) => {
  const to = node.integer('to');
  if (FLOATS.includes(to)) return node.computed(0);
  throw node.refusal('it makes whole numbers of a picture, which are not known here');
};

export const depthToSpace: Lowering = (node) => {
  const x = node.picture(0);
  const { upscaleFactor } = resolvePixelShuffle(node.integer('blocksize'));
  const mode = node.text('mode', 'DCR');
  const blocks = upscaleFactor * upscaleFactor;
  const depth = x.shape[1] / blocks;
  const ordered =
    mode === 'CRD' || depth === 1 ? x : channelsInOrder(node, x, blockOrder(x.shape[1], blocks));
  return new Computed(node.g.apply(pixelShuffleOperator, [ordered], { upscaleFactor }));
};

/** Always in the order of DCR. */
export const spaceToDepth: Lowering = (node) => {
  const x = node.picture(0);
  const { upscaleFactor } = resolvePixelShuffle(node.integer('blocksize'));
  const made = node.g.apply(pixelUnshuffleOperator, [x], { upscaleFactor });
  const blocks = upscaleFactor * upscaleFactor;
  const depth = x.shape[1];
  const order = Array.from(
    { length: depth * blocks },
    (_, c) => (c % depth) * blocks + Math.floor(c / depth),
  );
  return new Computed(depth === 1 ? made : channelsInOrder(node, made, order));
};
