import { loaded } from '../keras/loaded.js';
import { kerasReader } from '../keras/readers.js';
import type { ContainerFormat } from './container.js';

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/**
 * HDF5 as Keras writes it: `.h5` of whole models or of weights, and `.weights.h5`. Layers come by the names, and kernels in the order
 * of axes, that PyTorch has. Most files are none, so what reads it is loaded when one is.
 */
export const hdf5Format: ContainerFormat = {
  name: 'hdf5',

  matches: (start) => SIGNATURE.every((byte, i) => start[i] === byte),

  async open(source, budget) {
    const { openKeras } = await loaded(kerasReader);
    return openKeras(source, budget);
  },
};
