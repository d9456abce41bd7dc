import { CycleganError } from '../errors.js';
import { isWebAddress } from '../platform/address.js';
import { requireBuiltin } from '../platform/builtin.js';
import { cacheFolder } from '../platform/cacheFolder.js';
import { FileError } from '../platform/fileError.js';
import { pathKind } from '../platform/files.js';
import { weightName } from '../train/checkpoint/names.js';
import { localPath } from './addresses.js';
import { MODELS, type ModelEntry } from './modelList.js';
import { refuseOwnStreams } from './ownStreams.js';
import { editDistance } from './usage.js';

/**
 * @param sought What it could have been.
 * @throws CycleganError `ERR_UNKNOWN_MODEL`, with the one that was probably meant.
 */
export function findModel(name: string, sought = 'model of that name'): ModelEntry {
  const model = MODELS.find((entry) => entry.name === name);
  if (model !== undefined) return model;
  throw new CycleganError(
    'ERR_UNKNOWN_MODEL',
    `${name}: no ${sought}${suggestion(name)} "cyclegan download" lists all models.`,
  );
}

/** Where a model lies once it is there; `null` when the cache is off. */
export function modelPath(name: string): string | null {
  const folder = cacheFolder();
  if (folder === null) return null;
  return requireBuiltin('path', 'Models').resolve(folder, 'models', `${name}.pth`);
}

/** A weight file, and the model that it is, where it was named as one. */
export interface FoundWeights {
  /** Or an address on the web. */
  readonly path: string;
  readonly model: ModelEntry | null;
}

/**
 * The file that `--weights` means: a path as it stands, or else the name of a model that was downloaded, or the path of a `file:`
 * URL. An address on the web stays one.
 *
 * @throws CycleganError `ERR_MODEL_NOT_DOWNLOADED`, or `ERR_UNKNOWN_MODEL` for what looks like a model's name.
 */
export async function findWeights(text: string): Promise<FoundWeights> {
  if (!looksLikeModel(text) || (await pathKind(text)) !== null) {
    const path = localPath(text);
    await refuseRun(path);
    return { path, model: null };
  }
  const model = findModel(text, 'such file, and no model of that name');
  const { name } = model;
  const path = modelPath(name);
  if (path !== null && (await pathKind(path)) === 'file') {
    await refuseOwnStreams([path]);
    return { path, model };
  }
  throw new CycleganError(
    'ERR_MODEL_NOT_DOWNLOADED',
    path === null
      ? `${name}: the cache, where models lie, is off (CYCLEGAN_CACHE is empty); name a weight file.`
      : `${name} is not here yet; fetch it first: cyclegan download ${name}`,
  );
}

/** @throws FileError for the folder of a training run: there are several generators in it. */
async function refuseRun(path: string): Promise<void> {
  if (isWebAddress(path) || (await pathKind(path)) !== 'folder') return;
  const generator = requireBuiltin('path', 'Weights').join(path, weightName('latest', 'G_A'));
  if ((await pathKind(generator)) !== 'file') return;
  throw new FileError(
    'ERR_IS_DIRECTORY',
    `${path}: this is the folder of a training run; name the generator that is meant, such as ${generator}.`,
  );
}

/** Of a group that there is, or a model without its group. */
function looksLikeModel(text: string): boolean {
  return MODELS.some(({ name }) => {
    const [group, model] = name.split('/');
    return text.startsWith(`${group}/`) || text === model;
  });
}

/** Longer names may hold more slips; a group may be missing. */
function suggestion(text: string): string {
  const most = Math.max(2, Math.floor(text.length / 4));
  const near = MODELS.flatMap(({ name }) =>
    [name, name.slice(name.indexOf('/') + 1)].map((form) => ({
      name,
      distance: editDistance(text.toLowerCase(), form),
    })),
  )
    .filter(({ distance }) => distance <= most)
    .sort((a, b) => a.distance - b.distance)[0];
  return near === undefined ? '.' : `; did you mean ${near.name}?`;
}
