import { type Spelling, same } from './spelling.js';

export const identity = same('Identity', 'self');

export const reshape: Spelling = (node) => {
  const size = node.has('size') ? 'size' : 'shape';
  node.result('Reshape', [node.value('self'), node.sizes(size)], { allowzero: 1 });
};

/** More than any operator here takes. */
const MAX_DIMENSIONS = 8;

/** Dimensions from one to another become one: of pictures, mostly all behind the batch. */
export const flatten: Spelling = (node) => {
  const [start, end] = [node.number('start_dim', 0), node.number('end_dim', -1)];
  if (!Number.isInteger(start) || start >= MAX_DIMENSIONS)
    throw node.refusal(`its "start_dim" is ${start}`);
  if (start < 0 || end !== -1)
    throw node.refusal('its dimensions are not counted from the first on, up to the last');
  const shape = node.constants('shape', [...new Array<number>(start).fill(0), -1]);
  node.result('Reshape', [node.value('self'), shape]);
};

export const permute: Spelling = (node) => {
  const dims = node.numbers('dims') ?? [];
  const perm = dims.map((dim) => (dim < 0 ? dim + dims.length : dim));
  node.result('Transpose', [node.value('self')], { perm });
};

/** `aten.t`: a matrix transposed. */
export const transposed: Spelling = (node) =>
  node.result('Transpose', [node.value('self')], { perm: [1, 0] });
