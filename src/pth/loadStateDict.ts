import { checkOptions } from '../tensor/callerValues.js';
import type { Tensor } from '../tensor/tensor.js';
import { type OpenWeightsOptions, openWeights, type WeightSource } from './weightFile.js';

/**
 * Reads the state dict of a weight file (`.pth` of any torch, or `.safetensors`), as float32, whatever it
 * was stored as: `openWeights` for all tensors at once.
 *
 * From bytes in memory, tensors are windows on them where their alignment allows.
 *
 * ```ts
 * const stateDict = await loadStateDict('horse2zebra.pth');
 * stateDict.get('model.1.weight')?.shape; // [24, 3, 7, 7]
 * ```
 *
 * ```ts no-run
 * await loadStateDict('https://example.org/horse2zebra_0.4.0.pth', { maxBytes: 100e6, signal: AbortSignal.timeout(60_000) });
 * await loadStateDict(await fetch('horse2zebra_0.4.0.pth'));    // in a page
 * ```
 *
 * @param source A path, an address, bytes, a `Blob`, a `Response` or a stream.
 * @returns Tensors by PyTorch's keys, in the file's order.
 * @throws PthError when the file is damaged, forbidden, or no weight file; FileError when it cannot be read; DownloadError when
 * an address does not give it, leads to another scheme, or gives more than `maxBytes`; the signal's reason after it fired.
 */
export async function loadStateDict(
  source: WeightSource,
  options: OpenWeightsOptions = {},
): Promise<Map<string, Tensor>> {
  checkOptions('loadStateDict', options);
  return (await openWeights(source, options)).stateDict();
}
