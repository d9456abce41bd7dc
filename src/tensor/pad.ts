import { ShapeError } from '../errors.js';
import { checkOptions } from './callerValues.js';
import { type Operator, runOperator } from './operator.js';
import { fourSides, mirroredRange, type PaddingSides, reflectIndex } from './reflectionPad2d.js';
import { formatShape, imageShape, type Shape } from './shape.js';
import { Tensor } from './tensor.js';

/** What stands beyond the edge: zeros (`constant`), the mirrored picture, or the edge again and again. */
export type PadMode = 'constant' | 'reflect' | 'replicate';

const MODES: readonly string[] = ['constant', 'reflect', 'replicate'] satisfies PadMode[];

export interface PadOptions {
  /** Default: `constant`. */
  readonly mode?: PadMode;
}

export interface PadAttributes {
  readonly mode: PadMode;
  /** `[left, right, top, bottom]`; negative ones take away. */
  readonly padding: readonly [number, number, number, number];
}

/** @throws ShapeError unless every side is a whole number, or for another mode. */
export function resolvePad(padding: PaddingSides, options: PadOptions = {}): PadAttributes {
  checkOptions('pad', options);
  const { mode = 'constant' } = options;
  const sides = fourSides(padding);
  if (sides.length !== 4 || !sides.every(Number.isInteger)) {
    throw new ShapeError(
      `pad: padding must be a whole number or [left, right, top, bottom], but got ${JSON.stringify(padding)}.`,
    );
  }
  if (!MODES.includes(mode)) {
    throw new ShapeError(`pad: mode must be ${MODES.join(', ')}, but got ${JSON.stringify(mode)}.`);
  }
  return { mode, padding: [sides[0], sides[1], sides[2], sides[3]] };
}

export const padOperator: Operator<PadAttributes, readonly ['input']> = {
  op: 'pad',
  operands: ['input'],

  outputShape([input], { mode, padding: [left, right, top, bottom] }) {
    const { channels, height, width, with: resized } = imageShape(input, 'pad');
    checkSides(mode, left, right, width, input, input.length - 1);
    checkSides(mode, top, bottom, height, input, input.length - 2);
    return resized(channels, height + top + bottom, width + left + right);
  },

  run([input], attributes) {
    const { mode, padding } = attributes;
    const shape = this.outputShape([input.shape], attributes);
    const out = Tensor.zeros(shape);
    const [height, width] = input.shape.slice(-2);
    const [outHeight, outWidth] = shape.slice(-2);
    const columns = Array.from({ length: outWidth }, (_, x) => inside(mode, x - padding[0], width));
    for (let to = 0, row = 0; to < out.size; to += outWidth, row++) {
      const plane = Math.floor(row / outHeight);
      const y = inside(mode, (row % outHeight) - padding[2], height);
      if (y < 0) continue;
      const from = (plane * height + y) * width;
      for (let x = 0; x < outWidth; x++) {
        if (columns[x] >= 0) out.data[to + x] = input.data[from + columns[x]];
      }
    }
    return out;
  },

  inputRegions({ left, right, top, bottom }, [input], { mode, padding }) {
    const [height, width] = input.slice(-2);
    const rows = readRange(mode, top - padding[2], bottom - padding[2], height);
    const columns = readRange(mode, left - padding[0], right - padding[0], width);
    return [{ top: rows[0], bottom: rows[1], left: columns[0], right: columns[1] }];
  },
};

function checkSides(
  mode: PadMode,
  before: number,
  after: number,
  side: number,
  input: Shape,
  dimension: number,
): void {
  const size = side + before + after;
  // Zeros are put around what was not taken away; the others look for what they repeat in the whole picture.
  const taken = mode === 'constant' ? side + Math.min(0, before) + Math.min(0, after) : size;
  const most = mode === 'reflect' ? side - 1 : Number.POSITIVE_INFINITY;
  const nothing = mode === 'replicate' && side === 0 && size > 0;
  if (size < 0 || taken < 0 || before > most || after > most || nothing) {
    const reason =
      size < 0 || taken < 0
        ? 'takes away more than there is'
        : mode === 'reflect'
          ? 'should be less than that side, to be mirrored'
          : 'has no edge to repeat';
    throw new ShapeError(
      `pad: padding (${before}, ${after}) at dimension ${dimension} of input ${formatShape(input)} ${reason}.`,
    );
  }
}

/** The position that stands at `index` of an axis, which may lie outside; −1 for a zero. */
export function inside(mode: PadMode, index: number, size: number): number {
  if (mode === 'reflect') return reflectIndex(index, size);
  if (mode === 'replicate') return Math.min(Math.max(index, 0), size - 1);
  return index < size ? Math.max(index, -1) : -1;
}

/** The positions that stand at `from … to − 1`, as a range, which with zeros around may lie outside in part. */
function readRange(mode: PadMode, from: number, to: number, size: number): [number, number] {
  if (mode === 'reflect') return mirroredRange(from, to, size);
  if (mode === 'constant') return [from, to];
  return [inside(mode, from, size), inside(mode, to - 1, size) + 1];
}

/**
 * Puts a border around pictures, or takes one away.
 *
 * ```ts
 * const x = new Tensor(Float32Array.of(1, 2, 3, 4), [1, 1, 1, 4]);
 * pad(x, [2, 2, 0, 0], { mode: 'replicate' }).data; // [1, 1, 1, 2, 3, 4, 4, 4]
 * pad(x, [2, 2, 0, 0], { mode: 'reflect' }).data; // [3, 2, 1, 2, 3, 4, 3, 2]
 * pad(x, [-1, -1, 0, 0]).data; // [2, 3]
 * ```
 *
 * @param input `[N, C, H, W]` or `[C, H, W]`.
 * @param padding One width for all sides, or `[left, right, top, bottom]`; negative ones take away.
 * @returns `[…, H + top + bottom, W + left + right]`.
 * @throws ShapeError when more is taken away than there is, or mirrored than there is.
 * @see torch.nn.functional.pad
 */
export function pad(input: Tensor, padding: PaddingSides, options: PadOptions = {}): Tensor {
  return runOperator(padOperator, [input], resolvePad(padding, options));
}
