import type { Value } from '../../../graph/builder.js';
import { addOperator } from '../../../tensor/add.js';
import { type PadMode, padOperator } from '../../../tensor/pad.js';
import { reflectionPad2dOperator } from '../../../tensor/reflectionPad2d.js';
import { subOperator } from '../../../tensor/sub.js';
import type { Lower, Lowering } from '../lowering.js';
import type { Computed } from '../operand.js';

const MODES: Readonly<Record<string, PadMode>> = {
  constant: 'constant',
  reflect: 'reflect',
  edge: 'replicate',
};

/** What is taken away goes first: the border repeats what is left. */
export const pad: Lowering = (node) => {
  const x = node.computed(0);
  const rank = x.shape.length;
  const named = node.text('mode', 'constant');
  if (!Object.hasOwn(MODES, named))
    throw node.refusal(`its mode is "${named}"; constant, reflect and edge are known here`);
  const sides = paddingOf(node, x, rank);
  if (sides === null) return x;
  const mode = MODES[named];
  const value = node.has(2) ? (node.constant(2).numbers[0] ?? 0) : node.integer('value', 0);
  const less = sides.map((side) => Math.min(0, side));
  const more = sides.map((side) => Math.max(0, side));
  const cropped = padded(node, x.value, 'constant', less);
  if (mode !== 'constant' || value === 0 || more.every((side) => side === 0)) {
    return x.with(padded(node, cropped, mode, more));
  }
  if (!Number.isFinite(value)) throw node.refusal(`it pads with ${value}`);
  const shift = node.numbers('value', [value], []);
  const zeroed = node.g.apply(subOperator, [cropped, shift], {});
  return x.with(node.g.apply(addOperator, [padded(node, zeroed, mode, more), shift], {}));
};

/** `[left, right, top, bottom]` of the value; `null` for none at all. */
function paddingOf(node: Lower, x: Computed, rank: number): readonly number[] | null {
  const pads = node.list(1, 'pads') ?? node.integers('paddings');
  if (pads === null) throw node.refusal('it has no pads');
  const axes = node.has(3) ? Array.from(node.constant(3).numbers) : null;
  const count = axes?.length ?? rank;
  if (pads.length !== 2 * count) throw node.refusal(`${pads.length} pads for ${count} dimensions`);
  const both = new Map(
    Array.from({ length: count }, (_, i) => {
      const axis = axes === null ? i : axes[i] < 0 ? axes[i] + rank : axes[i];
      return [x.axes?.[axis] ?? axis, [pads[i], pads[i + count]]] as const;
    }),
  );
  const used = [...both].filter(([, [before, after]]) => before !== 0 || after !== 0);
  if (!pads.every(Number.isInteger)) throw node.refusal('its pads are no whole numbers');
  if (used.length === 0) return null;
  if (x.view !== null || rank !== 4 || used.some(([axis]) => axis < 2)) {
    throw node.refusal('it pads other dimensions than height and width');
  }
  const [rows, columns] = [2, 3].map((axis) => both.get(axis) ?? [0, 0]);
  return [...columns, ...rows];
}

function padded(node: Lower, value: Value, mode: PadMode, sides: readonly number[]): Value {
  if (sides.every((side) => side === 0)) return value;
  const padding = [sides[0], sides[1], sides[2], sides[3]] as const;
  return mode === 'reflect'
    ? node.g.apply(reflectionPad2dOperator, [value], { padding })
    : node.g.apply(padOperator, [value], { mode, padding });
}
