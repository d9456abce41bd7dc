/** What reads Keras' files, which comes when one is opened; `null` in the page, which has no room for it. */
export const kerasReader: Reader<typeof import('./openKeras.js')> = () => import('./openKeras.js');

/** The same of layers models of TensorFlow.js. */
export const tfjsReader: Reader<typeof import('./openTfjs.js')> = () => import('./openTfjs.js');

type Reader<T> = (() => Promise<T>) | null;
