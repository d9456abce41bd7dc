import { CycleganError } from '../../errors.js';
import { requireBuiltin } from '../../platform/builtin.js';
import { availableCores } from '../../platform/cores.js';
import { withFileLock } from '../../platform/fileLock.js';
import { makeFolder } from '../../platform/files.js';
import { describeValue } from '../../tensor/describeValue.js';
import { CheckpointStore, type FoundCheckpoint } from '../checkpoint/checkpointStore.js';
import { LOG_NAME } from '../checkpoint/names.js';
import { CycleGanModel } from '../cycleGan/cycleGanModel.js';
import { DataOrder } from '../data/dataOrder.js';
import { findFolders } from '../data/pictureFolders.js';
import { type PictureReader, startPictureReader } from '../data/pictureThread.js';
import {
  configsOf,
  findInitFiles,
  openNetworks,
  type RunNetworks,
  savedConfigsOf,
} from '../networks/runNetworks.js';
import { resolveSettings } from '../options/settings.js';
import type { TrainSettings } from '../options/trainOptions.js';
import { Draws } from '../random/draws.js';
import { RunLog } from '../runLog.js';
import { makeCheckpoint } from './makeCheckpoint.js';
import { optimizerState } from './optimizerTensors.js';
import type { TrainOptions, TrainResult } from './options.js';
import { makePools, type Pools } from './pools.js';
import {
  type Domains,
  explainNoPrograms,
  type KnownPictures,
  lookAtPictures,
  originOf,
  refuseOtherOptions,
  refuseRunAmongPictures,
} from './prepare.js';
import { RunWatch } from './runWatch.js';
import { iterationsOf, TrainingRun } from './trainingRun.js';

/** More decode no faster than networks are trained. */
const MAX_PICTURE_THREADS = 2;
/** Keeps a second process out of a run's folder. */
const LOCK_NAME = '.train.lock';

/**
 * Trains a CycleGAN on two folders of pictures that are no pairs: two generators, one for each direction, and their
 * discriminators. The run lies in a folder of its own; called again, it goes on where its last checkpoint is, and comes to the very
 * weights to which it would have come without a pause (Node only). Paired training, as pix2pix has it, is not part of it.
 *
 * ```ts no-run
 * const { weights } = await trainCycleGan({ dataA: 'horses', dataB: 'zebras', run: 'runs/horse2zebra', preset: 'fast' });
 * const zebra = await openGenerator(weights.G_A);
 * ```
 *
 * @throws CycleganError: `ERR_TRAIN_OPTION` for options that are not taken, `ERR_TRAIN_DATA` for pictures that cannot be
 * trained on, `ERR_TRAIN_NETWORK` for networks to begin with, `ERR_TRAIN_CHANGED` where the run in the folder has other options or
 * pictures, `ERR_TRAIN_STATE` where it cannot go on, `ERR_TRAIN_TROUBLE` once it has gone wrong; FileError for what cannot be read or
 * written; the signal's reason. Whenever something was trained, it is saved before.
 * @see Zhu et al., arXiv:1703.10593; junyanz/pytorch-CycleGAN-and-pix2pix, train.py
 */
export async function trainCycleGan(options: TrainOptions): Promise<TrainResult> {
  checkNames(options);
  const settings = resolveSettings(options, options.preset);
  const { join } = requireBuiltin('path', 'Training');
  const folders = await findFolders(options.dataA, options.dataB);
  const domains = settings.direction === 'AtoB' ? folders : { a: folders.b, b: folders.a };
  await refuseRunAmongPictures(options.run, domains);
  const order = dataOrder(domains, settings);
  const lock = join(options.run, LOCK_NAME);
  await makeFolder(lock);
  return withFileLock(lock, async () => {
    const store = new CheckpointStore(options.run);
    const found = await store.recover();
    for (const note of found?.notes ?? []) options.onNote?.(note);
    if (found !== null) refuseOtherOptions(found, settings, options);
    const threads = Math.min(MAX_PICTURE_THREADS, availableCores());
    const reader = startPictureReader(threads, options.pictureThreadFile);
    try {
      const known = await lookAtPictures(domains, reader, settings, found, {
        ...options,
        atOnce: threads + 1,
      });
      if (known.fingerprints.A === known.fingerprints.B) {
        options.onNote?.(
          `${domains.a.folder} and ${domains.b.folder} hold the same pictures: there is nothing to learn between them.`,
        );
      }
      return await runWith({ options, settings, domains, order, store, found, reader, known });
    } finally {
      reader.end();
    }
  });
}

/** Not every caller has a compiler that checks. */
function checkNames(options: Partial<TrainOptions> | null | undefined): void {
  for (const name of ['dataA', 'run'] as const) {
    const value: unknown = options?.[name];
    if (typeof value === 'string' && value !== '') continue;
    throw new CycleganError(
      'ERR_TRAIN_OPTION',
      `trainCycleGan: ${name} is the path of a folder, but got ${describeValue(value)}.`,
    );
  }
}

interface Known {
  readonly options: TrainOptions;
  readonly settings: TrainSettings;
  readonly domains: Domains;
  readonly order: DataOrder;
  readonly store: CheckpointStore;
  readonly found: FoundCheckpoint | null;
  readonly reader: PictureReader;
  readonly known: KnownPictures;
}

/** @throws CycleganError `ERR_TRAIN_DATA` where a batch has more pictures than there are. */
function dataOrder({ a, b }: Domains, settings: TrainSettings): DataOrder {
  const { batchSize, serialBatches, seed } = settings;
  const sizes = { sizeA: a.names.length, sizeB: b.names.length };
  const order = new DataOrder({ ...sizes, batchSize, serialBatches }, new Draws(seed));
  if (order.iterationsPerEpoch > 0) return order;
  throw new CycleganError(
    'ERR_TRAIN_DATA',
    `${a.folder} has ${a.names.length} pictures and ${b.folder} ${b.names.length}: neither fills a batch of ${batchSize}.`,
  );
}

async function runWith(parts: Known): Promise<TrainResult> {
  const { options, settings, domains, order, store, found, reader, known } = parts;
  const { join } = requireBuiltin('path', 'Training');
  const { run } = options;
  const draws = new Draws(settings.seed);
  const networks = await networksOf(parts, draws);
  for (const { notes } of [networks.G_A, networks.G_B]) {
    for (const note of notes) options.onNote?.(note);
  }
  const model = await modelOf(networks, known, settings, options);
  const iteration = found?.record.iteration ?? 0;
  let log: RunLog | null = null;
  try {
    const pools = await restore(model, parts, draws);
    const { fingerprints: pictures, height, width } = known;
    const record = { settings, ...originOf(options), pictures, height, width };
    const configs =
      found === null ? configsOf(networks) : await savedConfigsOf(found.weights, networks);
    const checkpoint = { model, configs, pools, record };
    // The first file of a run is one with which it can go on; and a disk that is full is noticed before anything was trained.
    if (found === null) await store.save(makeCheckpoint(checkpoint, 0));
    const totalIterations = iterationsOf(settings, order);
    const resumeAfter = found && iteration;
    const watch = await RunWatch.begin({ run, settings, resumeAfter, totalIterations });
    log = await RunLog.open(join(run, LOG_NAME), iteration, (entry) => watch.replay(entry));
    const batches = { ...domains, order, draws, options: settings, reader };
    const training = new TrainingRun(
      { ...checkpoint, options, settings, batches, store, log, watch },
      iteration,
    );
    await training.train();
    const done = training.iteration - iteration;
    return { iterations: training.iteration, done, last: training.last, weights: store.weights() };
  } finally {
    await log?.close();
    model.dispose();
  }
}

/** Gives the model the optimisers' state of a checkpoint. @returns The pools, filled as they were. */
async function restore(
  model: CycleGanModel,
  { found, settings, known: { height, width } }: Known,
  draws: Draws,
): Promise<Pools> {
  if (found === null) return makePools(settings.poolSize, draws, null);
  const { iteration, pools: counts } = found.record;
  const tensors = await found.state.stateDict();
  await model.loadOptimizerState(optimizerState(tensors, model.optimizerState(), iteration));
  return makePools(settings.poolSize, draws, { tensors, counts, elements: 3 * height * width });
}

async function networksOf({ found, options, settings }: Known, draws: Draws): Promise<RunNetworks> {
  if (found !== null) return openNetworks(found.weights, settings, draws);
  const { init, epoch } = options;
  if (init === undefined) return openNetworks({}, settings, draws);
  return openNetworks(await findInitFiles(init, epoch), settings, draws, options);
}

function modelOf(
  { G_A, G_B, D_A, D_B }: RunNetworks,
  known: KnownPictures,
  settings: TrainSettings,
  { engine, threads, allowV8Flags, revectorize }: TrainOptions,
): Promise<CycleGanModel> {
  const { batchSize, lambdaA, lambdaB, lambdaIdentity, ganMode, lr, beta1 } = settings;
  const { height, width } = known;
  return CycleGanModel.create({
    ...{ netGA: G_A.module, netGB: G_B.module, netDA: D_A.module, netDB: D_B.module },
    ...{ batchSize, height, width, lambdaA, lambdaB, lambdaIdentity, ganMode, lr, beta1 },
    ...{ engine, threads, allowV8Flags, revectorize },
    // The model takes 24 bits.
    seed: new Draws(settings.seed).word('dropout', 0) >>> 8,
  }).catch((error: unknown) => explainNoPrograms(known, error));
}
