import { CycleganError } from '../../errors.js';
import { DownloadError, download, growingPauses } from '../../platform/download.js';
import { pathKind } from '../../platform/files.js';
import { partPath } from '../../platform/partFile.js';
import { fileSha256 } from '../../platform/sha256.js';
import { PthError } from '../../pth/pthError.js';
import { openWeights } from '../../pth/weightFile.js';
import { MODELS, type ModelEntry } from '../modelList.js';
import { findModel, modelPath } from '../models.js';
import { writeData } from '../standardOutput.js';
import { seconds, type Terminal } from '../terminal.js';
import { type CommandSpec, type Invocation, UsageError } from '../usage.js';

export const downloadSpec: CommandSpec = {
  name: 'download',
  usage: '[MODEL...]',
  summary: 'fetch models for --weights MODEL; without a name, list them',
  options: {
    url: { type: 'string', value: 'URL', help: 'fetch the model from this address instead' },
    force: { type: 'boolean', help: 'fetch what is there already, too' },
    retries: { type: 'string', value: 'N', help: 'attempts after the first; default: 4' },
  },
};

export async function runDownload(invocation: Invocation, terminal: Terminal): Promise<void> {
  const { operands } = invocation;
  const url = parseUrl(invocation.text('url'));
  const retries = parseRetries(invocation.text('retries'));
  if (url !== undefined && operands.length !== 1) {
    throw new UsageError('--url is the address of one model: cyclegan download MODEL --url URL.');
  }
  const models = operands.map((name) => {
    const model = findModel(name);
    return { ...model, url: url ?? model.url };
  });
  if (models.length === 0) return list(terminal);
  for (const model of models) {
    const path = placeFor(model);
    if (invocation.flag('force') || !(await isThere(model, path, terminal))) {
      await fetchModel(model, path, retries, terminal);
    }
    await writeData(`${path}\n`);
  }
}

async function list(terminal: Terminal): Promise<void> {
  const width = Math.max(...MODELS.map(({ name }) => name.length));
  for (const { name, url, bytes } of MODELS) {
    const path = modelPath(name);
    const mark = path !== null && (await pathKind(path)) === 'file' ? '*' : ' ';
    const size = bytes === undefined ? '' : megabytes(bytes);
    await writeData(`${mark} ${name.padEnd(width)}  ${size.padStart(7)}  ${url}\n`);
  }
  terminal.say(
    modelPath('') === null
      ? 'The cache, where models would lie, is off (CYCLEGAN_CACHE is empty).'
      : '"cyclegan download MODEL" fetches one; those with a * are there: --weights MODEL.',
  );
}

function placeFor({ name, url }: ModelEntry): string {
  const path = modelPath(name);
  if (path !== null) return path;
  throw new CycleganError(
    'ERR_NO_CACHE',
    `${name}: the cache is off (CYCLEGAN_CACHE is empty), so there is no place for a model. Set CYCLEGAN_CACHE to a folder, or fetch ${url} yourself and use --weights FILE.`,
  );
}

/** A file that was put there by hand may be another one, where that can be told. */
async function isThere(
  { name, sha256 }: ModelEntry,
  path: string,
  terminal: Terminal,
): Promise<boolean> {
  if ((await pathKind(path)) !== 'file') return false;
  if (sha256 !== undefined && (await fileSha256(path)) !== sha256) {
    terminal.say(`${path}: this is not ${name}, or not all of it; it is fetched anew.`);
    return false;
  }
  terminal.say(`${name} is there already.`);
  return true;
}

async function fetchModel(
  { name, url, bytes, sha256 }: ModelEntry,
  path: string,
  retries: number,
  terminal: Terminal,
): Promise<void> {
  terminal.say(`Fetching ${name} from ${url}`);
  const begin = performance.now();
  const showProgress = meter(name, terminal);
  try {
    const result = await download(url, path, {
      bytes,
      sha256,
      pauses: growingPauses(retries),
      onProgress: showProgress,
      onRetry: ({ message }, pause) => terminal.say(`${message} Again in ${seconds(pause)}.`),
      accept: (part) => checkWeights(part, url),
    });
    const proof =
      sha256 === undefined ? `${result.sha256}, none to compare it with` : 'as expected';
    terminal.say(
      `${name}: ${megabytes(result.bytes)} in ${seconds(performance.now() - begin)}, SHA-256 ${proof}.`,
    );
  } catch (error) {
    if (!(error instanceof DownloadError)) throw error;
    const lines = [error.message];
    if ((await pathKind(partPath(path))) === 'file') {
      lines.push('What has come so far is kept: the same command goes on from there.');
    }
    lines.push(
      error.code === 'ERR_DOWNLOAD' || error.code === 'ERR_DOWNLOAD_HTML'
        ? byHand({ name, url, bytes, sha256 }, path)
        : 'That is another file than the one meant; --url names another address.',
    );
    throw new CycleganError(error.code, lines.join('\n'), { cause: error });
  }
}

function byHand({ name, url, bytes, sha256 }: ModelEntry, path: string): string {
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

/** Where no digest is known, what came must at least be a weight file: servers say all kinds of things. */
async function checkWeights(path: string, url: string): Promise<void> {
  try {
    await openWeights(path);
  } catch (error) {
    // Whoever uses it says which of several state dicts is meant.
    if (error instanceof PthError && error.code === 'ERR_PTH_AMBIGUOUS') return;
    if (!(error instanceof PthError)) throw error;
    const { cause } = error;
    const reason = cause instanceof PthError ? cause.message : error.message;
    throw new DownloadError('ERR_DOWNLOAD_TYPE', `${url}: this is no weight file. ${reason}.`);
  }
}

/** A line about how far it is, ten times a second. */
function meter(
  name: string,
  terminal: Terminal,
): (progress: { received: number; total: number | null }) => void {
  const begin = performance.now();
  let first: number | null = null;
  let shown = Number.NEGATIVE_INFINITY;
  return ({ received, total }) => {
    const now = performance.now();
    first ??= received;
    if (now - shown < 100) return;
    shown = now;
    const speed = (received - first) / Math.max(1, now - begin) / 1000;
    const share = total === null ? '' : ` of ${megabytes(total)}, ${percent(received / total)}`;
    terminal.progress(`${name}  ${megabytes(received)}${share}  ${speed.toFixed(1)} MB/s`);
  };
}

function percent(share: number): string {
  return `${Math.floor(100 * share)} %`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function parseUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const protocol = URL.canParse(text) ? new URL(text).protocol : '';
  if (protocol === 'http:' || protocol === 'https:') return text;
  throw new UsageError(
    `--url takes an address that begins with http:// or https://, not "${text}".`,
  );
}

function parseRetries(text = '4'): number {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  throw new UsageError(`--retries takes a whole number from 0 to 99, but got "${text}".`);
}
