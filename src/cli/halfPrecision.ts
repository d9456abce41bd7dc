import type { OpenedGenerator } from '../generator/openGenerator.js';
import { toFloat16, toFloat32 } from '../pth/dtypes.js';
import { Tensor } from '../tensor/tensor.js';

/** The largest change of a generator's output when its weights are rounded to 16 bits, on an input of noise in its range. */
export async function halfPrecisionDifference(
  { module, family, config, inputRange: [low, high] }: OpenedGenerator,
  inputShape: readonly number[],
): Promise<number> {
  const rounded = [...module.stateDict()].map(([key, { data, shape }]) => {
    return [key, new Tensor(toFloat32(toFloat16(data), 'float16'), shape)] as const;
  });
  const half = family.build(config).eval();
  half.loadStateDict(new Map(rounded));
  const size = inputShape.reduce((a, b) => a * b, 1);
  let noise = 1;
  const values = Float32Array.from({ length: size }, () => {
    noise = (Math.imul(noise, 1103515245) + 12345) & 0x7fffffff;
    return low + ((high - low) * noise) / 0x7fffffff;
  });
  const input = new Tensor(values, inputShape);
  const options = { blocking: true, allowV8Flags: true };
  const [a, b] = [await module.forward(input, options), await half.forward(input, options)];
  let most = 0;
  for (let i = 0; i < a.size; i++) most = Math.max(most, Math.abs(a.data[i] - b.data[i]));
  return most;
}
