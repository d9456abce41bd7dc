import type { OnnxOperand, OnnxWriter } from '../spelling.js';

/** Input, scale and shift; a norm without them has ones and zeros, which ONNX asks for. */
export function normInputs(
  writer: OnnxWriter,
  [input, weight, bias]: readonly (OnnxOperand | null)[],
  shape: readonly number[],
): string[] {
  const channels = shape[shape.length - 3];
  return [
    input?.name ?? '',
    weight?.name ?? writer.filled(1, channels),
    bias?.name ?? writer.filled(0, channels),
  ];
}
