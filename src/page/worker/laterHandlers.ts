/** What is called for after the first picture, if at all: the worker loads it then. */
export { featureMapsOf, listLayers } from '../layers/worker/layers.js';
export { makeGallery, makeZip } from '../saving/worker/pack.js';
