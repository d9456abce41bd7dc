import { textOf } from '../../platform/text.js';
import { loaded } from '../keras/loaded.js';
import { tfjsReader } from '../keras/readers.js';
import type { ContainerFormat } from './container.js';

const MENTIONED = /"(modelTopology|weightsManifest|layers-model|graph-model)"/;

/**
 * Layers models of TensorFlow.js: `model.json`, and shards of weights that lie beside it. Most files are none, so what reads
 * them is loaded when one is.
 */
export const tfjsFormat: ContainerFormat = {
  name: 'tfjs',

  matches: (start) => {
    const text = textOf(start, 'latin1').trimStart();
    return text.startsWith('{') && MENTIONED.test(text);
  },

  async open(source, budget, neighbours) {
    const { openTfjs } = await loaded(tfjsReader);
    return openTfjs(source, budget, neighbours);
  },
};
