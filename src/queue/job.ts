import { CycleganError } from '../errors.js';
import { sha256 } from '../platform/sha256.js';
import { utf8Bytes } from '../platform/text.js';
import { isKey } from './store/store.js';

/** Bytes in the store, and what they have to be. */
export interface Reference {
  readonly key: string;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** Options by name, as a command line has them: what there is of them, and what they may be, whoever translates says. */
export type JobSettings = Readonly<Record<string, string | true>>;

/** What a queue carries of a picture that is to be translated. */
export interface TranslationJob {
  /** What the picture is called in messages. */
  readonly name: string;
  readonly picture: Reference;
  /** `null`: the small model that is built in. */
  readonly weights: Reference | null;
  readonly settings: JobSettings;
  /** Of the result's file: `.png`. */
  readonly extension: string;
}

const HASH = /^[\da-f]{64}$/;
const EXTENSION = /^\.(png|jpg|webp|tif)$/;
const MAX_NAME = 4096;
const MAX_SETTING = 200;

/**
 * The hash of picture, weights and settings: the job's number, and the result's name. So the same picture is translated once, whoever
 * asks how often, and a second run of a job writes what the first has written.
 */
export function jobId({ picture, weights, settings, extension }: TranslationJob): string {
  const sorted = Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = [
    'cyclegan-job-1',
    picture.sha256,
    weights?.sha256 ?? 'built-in',
    sorted,
    extension,
  ];
  return sha256(utf8Bytes(JSON.stringify(parts)));
}

export function isJobId(text: string): boolean {
  return HASH.test(text);
}

/** Where the result of a job lies in the store. */
export function resultKey(id: string, { extension }: Pick<TranslationJob, 'extension'>): string {
  return `results/${id.slice(0, 2)}/${id}${extension}`;
}

/** Where bytes lie that a submitter has put into the store. */
export function contentKey(kind: 'pictures' | 'weights', hash: string): string {
  return `${kind}/${hash.slice(0, 2)}/${hash}`;
}

/**
 * A job as it came out of a queue, which others may write to.
 * @throws CycleganError `ERR_QUEUE_JOB` for what is none.
 */
export function readJob(data: unknown): TranslationJob {
  const { name, picture, weights, settings, extension } = fieldsOf(data);
  if (typeof name !== 'string' || name.length > MAX_NAME) throw noJob('name');
  if (typeof extension !== 'string' || !EXTENSION.test(extension)) throw noJob('extension');
  return {
    name,
    picture: readReference(picture, 'picture'),
    weights: weights === null ? null : readReference(weights, 'weights'),
    settings: readSettings(settings),
    extension,
  };
}

function readReference(value: unknown, what: string): Reference {
  const { key, sha256: hash } = fieldsOf(value, what);
  if (!isKey(key)) throw noJob(`${what}.key`);
  if (typeof hash !== 'string' || !HASH.test(hash)) throw noJob(`${what}.sha256`);
  return { key, sha256: hash };
}

function readSettings(value: unknown): JobSettings {
  const settings = new Map<string, string | true>();
  for (const [name, setting] of Object.entries(fieldsOf(value, 'settings'))) {
    const isSetting =
      setting === true || (typeof setting === 'string' && setting.length <= MAX_SETTING);
    if (!isSetting || !/^[a-z][a-z-]*$/.test(name)) throw noJob('settings');
    settings.set(name, setting);
  }
  return Object.fromEntries(settings);
}

function fieldsOf(value: unknown, what = 'job'): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw noJob(what);
  return value as Record<string, unknown>;
}

function noJob(what: string): CycleganError {
  return new CycleganError(
    'ERR_QUEUE_JOB',
    `The queue holds what is no job of cyclegan: its ${what} makes no sense.`,
  );
}
