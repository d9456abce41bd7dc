import type { Lower } from '../lowering.js';

/** `[top, left]` and `[bottom, right]`, or what stands in one of both. */
type Sides = readonly [number, number];

/** What is put around a picture, before it begins and behind its end: rows, columns. */
export interface Around {
  readonly before: Sides;
  readonly after: Sides;
}

/** A pair attribute of a window over pictures. */
export function pairOf(node: Lower, name: string, absent: Sides | null = [1, 1]): Sides {
  const list = node.integers(name) ?? absent;
  if (list === null) throw node.refusal(`it has no "${name}"`);
  if (list.length !== 2) {
    throw node.refusal(`its "${name}" is of ${list.length} dimensions; pictures have two`);
  }
  return [list[0], list[1]];
}

/** `pads`, or what `auto_pad` makes of the sides. @param size Of the input, `[height, width]`. */
export function aroundOf(
  node: Lower,
  size: Sides,
  kernel: Sides,
  stride: Sides,
  dilation: Sides,
): Around {
  const mode = node.text('auto_pad', 'NOTSET');
  if (mode === 'VALID') return { before: [0, 0], after: [0, 0] };
  if (mode === 'NOTSET') {
    const pads = node.integers('pads') ?? [0, 0, 0, 0];
    if (pads.length !== 4) throw node.refusal('its "pads" are not of two dimensions');
    return { before: [pads[0], pads[1]], after: [pads[2], pads[3]] };
  }
  const totals = [0, 1].map((axis) => {
    const windows = Math.ceil(size[axis] / stride[axis]);
    return Math.max(
      0,
      (windows - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1 - size[axis],
    );
  });
  return evenly(totals, mode === 'SAME_LOWER');
}

/** An odd one goes to the end, unless it is to go before. */
export function evenly([down, across]: readonly number[], oddBefore: boolean): Around {
  const less: Sides = [Math.floor(down / 2), Math.floor(across / 2)];
  const more: Sides = [down - less[0], across - less[1]];
  return oddBefore ? { before: more, after: less } : { before: less, after: more };
}

export function isEven({ before, after }: Around): boolean {
  return before[0] === after[0] && before[1] === after[1];
}
