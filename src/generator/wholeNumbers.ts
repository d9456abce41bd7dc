import type { TensorInfo } from '../pth/weightFile.js';

const INTEGERS = /^u?int\d+$|^bool$/;

/**
 * What is told of weights that are stored as whole numbers: a quantized network's, mostly, whose scales a plain state dict has
 * under other keys, or not at all. PyTorch's `load_state_dict` copies them as they are, and so does this.
 */
export function noteOnWholeNumbers(tensors: ReadonlyMap<string, TensorInfo>): string[] {
  const whole = [...tensors].filter(
    ([, { dtype, shape }]) => shape.length > 1 && INTEGERS.test(dtype),
  );
  if (whole.length === 0) return [];
  const [[key, { dtype }]] = whole;
  const others = whole.length === 1 ? '' : ` and ${whole.length - 1} others`;
  return [
    `${key.slice(0, 200)}${others} ${whole.length === 1 ? 'is' : 'are'} stored as whole numbers (${dtype}): they are taken as they are, and if they are those of a quantized network, the picture is wrong. Save its weights as floats (dequantize() in PyTorch).`,
  ];
}
