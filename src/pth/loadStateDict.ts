import { readFileBytes } from '../platform/files.js';
import type { Tensor } from '../tensor/tensor.js';
import { Budget } from './budget.js';
import { detectFormat } from './container/formats.js';
import { PthError } from './pthError.js';
import { findStateDict } from './stateDict.js';
import { TensorReader } from './tensors.js';

/** A path (Node only), the bytes of a file, or a `Blob` or `File`. */
export type WeightSource = string | Uint8Array | ArrayBuffer | Blob;

/**
 * Reads the state dict of a `.pth` file, as float32, whatever it was stored as. Never runs anything:
 * the pickle in the file is parsed to inert data and matched against what a state dict consists of.
 *
 * Tensors of a zip file are windows on the bytes passed in where their alignment allows.
 *
 * @returns Tensors by PyTorch's keys, in the file's order.
 * @throws PthError when the file is damaged, forbidden, or no weight file; FileError when it cannot be read.
 */
export async function loadStateDict(source: WeightSource): Promise<Map<string, Tensor>> {
  const bytes = await sourceBytes(source);
  // Bytes that were read or copied here are nobody else's.
  const owned = !(source instanceof Uint8Array || source instanceof ArrayBuffer);
  try {
    return parseStateDict(bytes, owned);
  } catch (error) {
    throw error instanceof PthError && typeof source === 'string' ? error.inFile(source) : error;
  }
}

function parseStateDict(bytes: Uint8Array, owned: boolean): Map<string, Tensor> {
  const budget = new Budget(bytes.length);
  const { root, read } = detectFormat(bytes).open(bytes, budget, owned);
  const refs = findStateDict(root);
  const reader = new TensorReader(read, budget);
  return new Map([...refs].map(([key, ref]) => [key, reader.read(ref, key)]));
}

async function sourceBytes(source: WeightSource): Promise<Uint8Array> {
  if (typeof source === 'string') return readFileBytes(source);
  if (source instanceof Uint8Array) return source;
  return new Uint8Array(source instanceof ArrayBuffer ? source : await source.arrayBuffer());
}
