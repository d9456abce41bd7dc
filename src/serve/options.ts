import type { EngineOptions } from '../engine/engine.js';
import { CycleganError } from '../errors.js';
import type { TraitOptions } from '../generator/family.js';
import type { OpenedGenerator } from '../generator/openGenerator.js';
import { Module } from '../nn/module.js';
import { checkOptions } from '../tensor/callerValues.js';
import { describeValue } from '../tensor/describeValue.js';
import type { RequestEntry } from './requestEntry.js';

/** A weight file to serve, with what it does not tell of its generator. */
export interface ServedWeights extends TraitOptions {
  /** A path (Node), or the bytes of a weight file. */
  readonly weights: string | Uint8Array;
  /** Where in a checkpoint the state dict is. Default: it is searched. */
  readonly key?: string;
}

/** What is opened already runs in the thread that answers requests; files and bytes get threads of their own, where there are such. */
export type ModelSource = string | Uint8Array | ServedWeights | OpenedGenerator;

/** What requests may ask for. */
export interface ServiceLimits {
  /** Bytes of a request's body. Default: 32 MiB. */
  readonly maxBytes: number;
  /** Pixels of a picture, as its header tells, and of a result: at most 178,956,970, which is what decoders take. Default: 50 million. */
  readonly maxPixels: number;
  /** Pixels that come to the network, which decides how long it takes. Default: 4 million. */
  readonly maxNetworkPixels: number;
  /** Seconds for all of a request's body to come, and a sixth of them for its next part. Default: 30. */
  readonly bodySeconds: number;
  /** Seconds from when a request is let in to when it is answered. Default: 120. */
  readonly requestSeconds: number;
}

export interface HandlerOptions extends Partial<ServiceLimits> {
  /** By the name that requests ask for with `model`; the first is the default. */
  readonly models: Readonly<Record<string, ModelSource>>;
  /** Requests that are worked on at once; each has threads, and a copy of the weights, of its own. Default: 1. */
  readonly concurrency?: number;
  /** Requests that may wait; those beyond are turned away. Default: 16. */
  readonly queue?: number;
  /** How networks run. `threads` and `memory` are for each of `concurrency`; default: the machine's cores, shared. */
  readonly engine?: EngineOptions;
  /** Every request has to have it, `Authorization: Bearer …`, but for `/livez`, `/readyz` and the description. Default: none. */
  readonly token?: string;
  /** Names that the service goes by, `127.0.0.1:4580`: a request that was sent to another one is refused. Default: any. */
  readonly hosts?: () => readonly string[];
  /**
   * Origins whose pages may use it (CORS), `https://example.org`. Default: none. Requests of pages of other origins are refused,
   * unless they are the service's own.
   */
  readonly allowOrigins?: readonly string[];
  /** Where the service is mounted: `/api`. Default: at the root. */
  readonly basePath?: string;
  /** Is told of every request when it is answered. */
  readonly log?: (entry: RequestEntry) => void;
}

/** Complete. */
export interface ServiceOptions extends ServiceLimits {
  readonly models: ReadonlyMap<string, ModelSource>;
  readonly concurrency: number;
  readonly queue: number;
  readonly engine: EngineOptions;
  readonly token: string | null;
  readonly hosts: (() => readonly string[]) | null;
  readonly allowOrigins: readonly string[];
  readonly basePath: string;
  readonly log: (entry: RequestEntry) => void;
}

export const DEFAULT_LIMITS: ServiceLimits = {
  maxBytes: 32 * 2 ** 20,
  maxPixels: 50e6,
  maxNetworkPixels: 4e6,
  bodySeconds: 30,
  requestSeconds: 120,
};
export const DEFAULT_CONCURRENCY = 1;
export const DEFAULT_QUEUE = 16;
/** Names are for addresses and lines of a log. */
const MODEL_NAME = /^[\w.][\w./-]{0,99}$/;
/** A shorter one could be guessed. */
const MIN_TOKEN = 16;

/**
 * Not every caller has a compiler that checks.
 * @throws CycleganError `ERR_SERVICE` for a value that is not taken.
 */
export function completeOptions(options: HandlerOptions): ServiceOptions {
  checkOptions('createHandler', options);
  const { engine = {}, token, hosts, allowOrigins = [], basePath = '', log } = options;
  checkOptions('createHandler: engine', engine);
  const count = (name: 'concurrency' | 'queue' | keyof ServiceLimits, usual: number, least = 1) =>
    wholeNumber(name, options[name] ?? usual, least);
  if (!/^(\/[\w.~-]+)*$/.test(basePath)) {
    throw refusal('basePath', 'is a path without its last slash, such as /api', basePath);
  }
  return {
    models: checkedModels(options.models),
    concurrency: count('concurrency', DEFAULT_CONCURRENCY),
    queue: count('queue', DEFAULT_QUEUE, 0),
    maxBytes: count('maxBytes', DEFAULT_LIMITS.maxBytes),
    maxPixels: count('maxPixels', DEFAULT_LIMITS.maxPixels),
    maxNetworkPixels: count('maxNetworkPixels', DEFAULT_LIMITS.maxNetworkPixels),
    bodySeconds: count('bodySeconds', DEFAULT_LIMITS.bodySeconds),
    requestSeconds: count('requestSeconds', DEFAULT_LIMITS.requestSeconds),
    engine,
    token: token === undefined ? null : checkedToken(token),
    hosts: hosts ?? null,
    allowOrigins: allowOrigins.map(checkedOrigin),
    basePath,
    log: log ?? (() => undefined),
  };
}

function checkedModels(models: HandlerOptions['models']): Map<string, ModelSource> {
  checkOptions('createHandler: models', models);
  const entries = Object.entries(models);
  if (entries.length === 0) throw refusal('models', 'has one model or more', models);
  for (const [name, source] of entries) {
    if (!MODEL_NAME.test(name)) {
      throw refusal('models', 'has names of letters, digits, ".", "_", "-" and "/"', name);
    }
    const { weights, module }: { weights?: unknown; module?: unknown } = Object(source);
    const isOne = [source, weights].some((one) => typeof one === 'string' || isBytes(one));
    if (isOne || module instanceof Module) continue;
    throw refusal(
      `models: ${name}`,
      'is the path or the bytes of a weight file, { weights } with options, or what openGenerator gives',
      source,
    );
  }
  return new Map(entries);
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}

function wholeNumber(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw refusal(name, `is a whole number from ${least} up`, value);
}

function checkedToken(token: string): string {
  if (typeof token === 'string' && token.length >= MIN_TOKEN && /^[\x21-\x7e]+$/.test(token)) {
    return token;
  }
  // Its text stays out of messages.
  throw new CycleganError(
    'ERR_SERVICE',
    `createHandler: token is ${MIN_TOKEN} or more letters, digits and signs, without spaces.`,
  );
}

function checkedOrigin(origin: string): string {
  try {
    const { origin: own } = new URL(origin);
    if (own === origin && own !== 'null') return own;
  } catch {
    // It is no address at all.
  }
  throw refusal('allowOrigins', 'has origins, such as https://example.org', origin);
}

function refusal(name: string, what: string, got: unknown): CycleganError {
  return new CycleganError(
    'ERR_SERVICE',
    `createHandler: ${name} ${what}, but got ${describeValue(got)}.`,
  );
}
