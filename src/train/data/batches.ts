import { prefetchMap } from '../../platform/prefetchMap.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { Draws } from '../random/draws.js';
import type { DataOrder } from './dataOrder.js';
import { normalize } from './normalize.js';
import { type PictureFolder, picturePath } from './pictureFolders.js';
import type { PictureReader } from './pictureThread.js';
import type { TransformOptions } from './transform.js';

/** What one iteration sees, `[N, 3, H, W]` of each domain. */
export interface Batch {
  readonly a: Tensor;
  readonly b: Tensor;
  /** What the first picture of each is called. */
  readonly names: { readonly a: string; readonly b: string };
}

export interface BatchSource {
  readonly a: PictureFolder;
  readonly b: PictureFolder;
  readonly order: DataOrder;
  readonly draws: Draws;
  readonly options: TransformOptions;
  readonly reader: PictureReader;
}

/** Iterations whose pictures are read ahead. */
const AHEAD = 4;

/**
 * The batches of iterations `from` up to `to`, each read while earlier ones are trained on.
 * @throws CycleganError for a picture that can no longer be read, once its turn comes.
 */
export async function* readBatches(
  source: BatchSource,
  from: number,
  to: number,
): AsyncGenerator<Batch> {
  const batches = prefetchMap(iterations(from, to), AHEAD, (iteration) =>
    readBatch(source, iteration),
  );
  for await (const batch of batches) {
    if ('error' in batch) throw batch.error;
    yield batch.result;
  }
}

function* iterations(from: number, to: number): Generator<number> {
  for (let iteration = from; iteration < to; iteration++) yield iteration;
}

async function readBatch(source: BatchSource, iteration: number): Promise<Batch> {
  const { a, b, order, draws, options, reader } = source;
  const items = order.batch(iteration);
  const load = (folder: PictureFolder, index: number, stream: 'cropA' | 'cropB', count: number) =>
    reader.load(picturePath(folder, index), options, draws.uniforms(stream, 0, count));
  const [picturesA, picturesB] = await Promise.all([
    Promise.all(items.map((item) => load(a, item.a, 'cropA', item.count))),
    Promise.all(items.map((item) => load(b, item.b, 'cropB', item.count))),
  ]);
  const names = { a: a.names[items[0].a], b: b.names[items[0].b] };
  return { a: normalize(picturesA), b: normalize(picturesB), names };
}
