import type { Tensor } from '../tensor/tensor.js';
import { type OpenWeightsOptions, openWeights, type WeightSource } from './weightFile.js';

/**
 * Reads the state dict of a weight file (`.pth` of any torch, or `.safetensors`), as float32, whatever it
 * was stored as: `openWeights` for all tensors at once.
 *
 * From bytes in memory, tensors are windows on them where their alignment allows.
 *
 * @returns Tensors by PyTorch's keys, in the file's order.
 * @throws PthError when the file is damaged, forbidden, or no weight file; FileError when it cannot be read.
 */
export async function loadStateDict(
  source: WeightSource,
  options: OpenWeightsOptions = {},
): Promise<Map<string, Tensor>> {
  return (await openWeights(source, options)).stateDict();
}
