import { CycleganError } from '../../errors.js';
import { seconds } from '../../html/text.js';
import { cacheFolder } from '../../platform/cacheFolder.js';
import { download, growingPauses } from '../../platform/download.js';
import { DownloadError } from '../../platform/downloadError.js';
import { errorCode, FileError } from '../../platform/fileError.js';
import { pathKind } from '../../platform/files.js';
import { leftPart } from '../../platform/partFile.js';
import { fileSha256 } from '../../platform/sha256.js';
import { PthError } from '../../pth/pthError.js';
import { openWeights, verifyWeights } from '../../pth/weightFile.js';
import { type FetchedModel, MODELS, type ModelEntry } from '../modelList.js';
import { findModel, modelPath } from '../models.js';
import { megabytes, meter } from '../progressMeter.js';
import type { DownloadRequest } from '../requests/download.js';
import { OutputClosedError, writeData } from '../standardOutput.js';
import type { Terminal } from '../terminal.js';

export async function runDownload(
  { models: names, url, force, retries }: DownloadRequest,
  terminal: Terminal,
): Promise<void> {
  const models = names.map((name) => {
    const model = findModel(name);
    return { ...model, url: url ?? addressOf(model) };
  });
  if (models.length === 0) return listModels(terminal);
  let isRead = true;
  for (const model of models) {
    const path = placeFor(model);
    if (force || !(await isThere(model, path, terminal))) {
      await fetchModel(model, path, { retries, replace: force }, terminal);
    }
    // The files are what is wanted: they come, too, when nobody reads any more where they are.
    if (isRead) isRead = await isTold(path);
  }
}

/** @throws CycleganError for a model that lies in an archive or behind a page. */
function addressOf({ name, url, page, repository }: ModelEntry): string {
  if (url !== null) return url;
  const path = modelPath(name);
  throw new CycleganError(
    'ERR_MODEL_BY_HAND',
    [
      `${name}: ${repository} does not publish this file by itself. Fetch`,
      `  ${page}`,
      `by other means, take the weight file out of it, and name it with --weights FILE${path === null ? '' : `, or put it at\n  ${path}`}`,
    ].join('\n'),
  );
}

async function isTold(path: string): Promise<boolean> {
  try {
    await writeData(`${path}\n`);
    return true;
  } catch (error) {
    if (error instanceof OutputClosedError) return false;
    throw error;
  }
}

export async function listModels(terminal: Terminal): Promise<void> {
  const width = Math.max(...MODELS.map(({ name }) => name.length));
  const licences = MODELS.map(({ licence = '' }) => licence);
  const licenceWidth = Math.max(...licences.map(({ length }) => length));
  for (const { name, url, page, bytes, licence = '' } of MODELS) {
    const path = modelPath(name);
    const isHere = path !== null && (await pathKind(path)) === 'file';
    const mark = isHere ? '*' : url === null ? '-' : ' ';
    const size = bytes === undefined ? '' : megabytes(bytes);
    const columns = [
      name.padEnd(width),
      size.padStart(7),
      licence.padEnd(licenceWidth),
      url ?? page,
    ];
    await writeData(`${mark} ${columns.join('  ')}\n`);
  }
  terminal.say(
    modelPath('') === null
      ? 'The cache, where models would lie, is off (CYCLEGAN_CACHE is empty).'
      : '"cyclegan download MODEL" fetches one; those with a * are there: --weights MODEL. Those with a - lie in an archive or behind a page. docs/models.md says how each is fed.',
  );
}

function placeFor({ name, url }: FetchedModel): string {
  const path = modelPath(name);
  if (path !== null) return path;
  throw new CycleganError(
    'ERR_NO_CACHE',
    `${name}: the cache is off (CYCLEGAN_CACHE is empty), so there is no place for a model. Set CYCLEGAN_CACHE to a folder, or fetch ${url} yourself and use --weights FILE.`,
  );
}

/**
 * A file that was put there by hand may be another one, where that can be told.
 * @throws CycleganError for such a file: it is its owner's.
 */
async function isThere(
  { name, sha256 }: FetchedModel,
  path: string,
  terminal: Terminal,
): Promise<boolean> {
  if ((await pathKind(path)) !== 'file') return false;
  if (sha256 !== undefined && !(await fileSha256(path)).startsWith(sha256)) {
    throw new CycleganError(
      'ERR_FILE_EXISTS',
      `${path}: this is not ${name}, or not all of it; --force fetches it anew, and replaces the file.`,
    );
  }
  terminal.say(`${name} is there already.`);
  return true;
}

async function fetchModel(
  { name, url, bytes, sha256 }: FetchedModel,
  path: string,
  { retries, replace }: { readonly retries: number; readonly replace: boolean },
  terminal: Terminal,
): Promise<void> {
  terminal.say(`Fetching ${name} from ${url}`);
  const begin = performance.now();
  const showProgress = meter(name, terminal);
  let unchecked = 0;
  try {
    const result = await download(url, path, {
      bytes,
      sha256,
      replace,
      pauses: growingPauses(retries),
      onProgress: showProgress,
      onRetry: ({ message }, pause) => terminal.say(`${message} Again in ${seconds(pause)}.`),
      accept: async (part, { mixed }) => {
        unchecked = await checkWeights(part, url, mixed);
      },
    });
    const proof =
      sha256 === undefined ? `${result.sha256}, none to compare it with` : 'as expected';
    terminal.say(
      `${name}: ${megabytes(result.bytes)} in ${seconds(performance.now() - begin)}, SHA-256 ${proof}.`,
    );
    if (result.mixed) terminal.say(`${name}: ${aboutMixed(unchecked, name)}`);
  } catch (error) {
    if (error instanceof FileError) throw aboutCache(error);
    if (!(error instanceof DownloadError)) throw error;
    const lines = [error.message, ...KEPT[await leftPart(path)]];
    lines.push(REMEDIES[error.code] ?? byHand({ name, url, bytes, sha256 }, path));
    throw new CycleganError(error.code, lines.join('\n'), { cause: error });
  }
}

/** What has become of what came before a failure. */
const KEPT = {
  none: [],
  perhaps: [
    'What has come so far is kept: the same command goes on from there if the server can, and else begins anew.',
  ],
  surely: ['What has come so far is kept: the same command goes on from there.'],
} as const;

const ANOTHER = 'That is another file than the one meant; --url names another address.';
const REMEDIES: Readonly<Record<string, string>> = {
  ERR_DOWNLOAD_SIZE: ANOTHER,
  ERR_DOWNLOAD_DIGEST: ANOTHER,
  ERR_DOWNLOAD_TYPE: ANOTHER,
  ERR_DOWNLOAD_MIXED: 'The same command fetches it from the beginning.',
};

/** Of a file whose bytes came in several answers, without a promise that they are of one version. */
function aboutMixed(unchecked: number, name: string): string {
  const parts =
    'it came in several answers, and the server did not say that they are of one version.';
  return unchecked === 0
    ? `${parts} All checksums in the file are right.`
    : `${parts} Of ${unchecked} bytes, nothing in the file tells whether they are right: "cyclegan download ${name} --force" fetches it in one.`;
}

/** That a folder cannot be written to is told of the cache, which is where everything of this command lies. */
function aboutCache(error: FileError): CycleganError {
  const why = READ_ONLY[String(errorCode(error.cause))];
  if (why === undefined) return error;
  return new CycleganError(
    'ERR_CACHE_READ_ONLY',
    `${cacheFolder()}: the cache, where models lie, cannot be written to (${why}). CYCLEGAN_CACHE names another folder.`,
    { cause: error },
  );
}

const READ_ONLY: Readonly<Record<string, string>> = {
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ENOENT: 'no folder can be made there',
};

function byHand(
  { name, url, bytes, sha256 }: Pick<FetchedModel, 'name' | 'url' | 'bytes' | 'sha256'>,
  path: string,
): string {
  const facts = [
    bytes === undefined ? [] : [`${bytes} bytes`],
    sha256 === undefined ? [] : [`SHA-256 ${sha256}`],
  ].flat();
  return [
    `To have ${name} without this command, fetch`,
    `  ${url}`,
    ...(facts.length === 0 ? [] : [`  (${facts.join(', ')})`]),
    'by other means, and put it at',
    `  ${path}`,
  ].join('\n');
}

/**
 * Where no digest is known, what came must at least be a weight file: servers say all kinds of things. One that is mixed
 * must be what it says of itself, too.
 *
 * @returns Of how many bytes of such a file that cannot be told.
 */
async function checkWeights(path: string, url: string, mixed: boolean): Promise<number> {
  try {
    await openWeights(path).catch((error: unknown) => {
      // Whoever uses it says which of several state dicts is meant.
      if (!(error instanceof PthError) || error.code !== 'ERR_PTH_AMBIGUOUS') throw error;
    });
    return mixed ? await verifyWeights(path) : 0;
  } catch (error) {
    if (!(error instanceof PthError)) throw error;
    const { cause } = error;
    const reason = cause instanceof PthError ? cause.message : error.message;
    if (mixed) {
      throw new DownloadError(
        'ERR_DOWNLOAD_MIXED',
        `${url}: what came in several answers does not fit together. ${reason}.`,
      );
    }
    throw new DownloadError('ERR_DOWNLOAD_TYPE', `${url}: this is no weight file. ${reason}.`);
  }
}
