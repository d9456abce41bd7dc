import type { EngineOptions } from '../../engine/engine.js';
import { DEFAULT_MAX_PIXELS } from '../../image/picture.js';
import { isWebAddress } from '../../platform/address.js';
import { availableCores } from '../../platform/cores.js';
import {
  DEFAULT_CONCURRENCY,
  DEFAULT_LIMITS,
  DEFAULT_QUEUE,
  type ServiceLimits,
} from '../../serve/options.js';
import { type CommandSpec, type Invocation, UsageError } from '../usage.js';
import { ENGINE_OPTION, readEngine } from './engine.js';
import { readBytes, readCount, readPort } from './shared.js';

/** Where it listens when nobody names a port. */
const PORT = 4580;
/** This computer, and no other. */
const HOST = '127.0.0.1';
/** What has the token where it is not to be read in the list of processes. */
const TOKEN_VARIABLE = 'CYCLEGAN_SERVE_TOKEN';
const MAX_COUNT = 2 ** 31 - 1;
const MAX_SECONDS = 86_400;

export const serveSpec: CommandSpec = {
  name: 'serve',
  usage: '[--weights [NAME=]FILE]... [--port N]',
  operands: 'nothing',
  summary: 'an HTTP service that translates pictures: POST /v1/translate',
  notes: [
    'POST /v1/translate takes a picture as its body, or a form with a file "picture", and answers with the result, in the format that Accept asks for. Its query has the options of "cyclegan IN OUT" that change one picture: /v1/translate?resize=512&keep-size. /docs lists all of them, and /openapi.json says the same to programs. GET /v1/models has the models that there are; /livez, /readyz and /metrics (Prometheus) are for those who look after it.',
    `It answers this computer alone, unless --host names another address; it then wants a token from everybody, --token or the environment's ${TOKEN_VARIABLE}, which requests have as "Authorization: Bearer TOKEN". Pages of other origins are refused, but for those of --allow-origin. Nothing that a request names is opened or fetched.`,
    'As many requests are worked on at once as --concurrency says, and as many wait as --queue does; those beyond are turned away with 429 and Retry-After. SIGTERM and Ctrl+C end it once all that it has taken is answered; the second one ends it at once. Standard output has its address; standard error has a line of JSON for each request, with --quiet for failures alone.',
  ],
  options: {
    weights: {
      type: 'string',
      short: 'w',
      value: '[NAME=]FILE|MODEL',
      completes: 'weights',
      help: 'a network to serve, once for each; requests ask for it by NAME, or by the name of its file; the first is the default; without any, the small built-in one',
    },
    key: {
      type: 'string',
      value: '[NAME=]KEY',
      completes: 'nothing',
      help: 'where in a checkpoint the state dict is; of several networks, that of NAME, once for each; default: it is searched',
    },
    port: {
      type: 'string',
      value: 'N',
      help: `the port to listen at, 0 for any; default: ${PORT}`,
    },
    host: {
      type: 'string',
      value: 'ADDRESS',
      completes: 'nothing',
      help: `the address to listen at, 0.0.0.0 for all; default: ${HOST}, this computer alone`,
    },
    token: {
      type: 'string',
      value: 'TEXT',
      completes: 'nothing',
      help: `what requests have to bring, 16 characters or more; default: the environment's ${TOKEN_VARIABLE}, or none`,
    },
    'allow-origin': {
      type: 'string',
      value: 'ORIGIN',
      completes: 'nothing',
      help: 'an origin whose pages may use it, such as https://example.org; once for each',
    },
    studio: { type: 'boolean', help: 'serve the page of "cyclegan studio" at /, too' },
    concurrency: {
      type: 'string',
      value: 'N',
      help: `requests that are worked on at once, each with threads and weights of its own; default: ${DEFAULT_CONCURRENCY}`,
    },
    queue: {
      type: 'string',
      value: 'N',
      help: `requests that may wait; default: ${DEFAULT_QUEUE}`,
    },
    'max-bytes': {
      type: 'string',
      value: '32M',
      help: 'most that a request may have as its body; default: 33.5M',
    },
    'max-pixels': {
      type: 'string',
      value: 'N',
      help: `most pixels that a picture, or a result, may have, ${DEFAULT_MAX_PIXELS} at most; default: ${DEFAULT_LIMITS.maxPixels}`,
    },
    'max-network-pixels': {
      type: 'string',
      value: 'N',
      help: `most pixels that may come to the network; default: ${DEFAULT_LIMITS.maxNetworkPixels}`,
    },
    'body-timeout': {
      type: 'string',
      value: 'S',
      help: `seconds in which a request's body has to come; default: ${DEFAULT_LIMITS.bodySeconds}`,
    },
    timeout: {
      type: 'string',
      value: 'S',
      help: `seconds in which a request has to be answered; default: ${DEFAULT_LIMITS.requestSeconds}`,
    },
    engine: ENGINE_OPTION,
    threads: {
      type: 'string',
      value: 'N',
      help: 'for each request that is worked on; default: the physical cores, shared',
    },
    memory: {
      type: 'string',
      value: '512M|2G|max',
      help: 'most that networks may take together, as of "cyclegan IN OUT"',
    },
    'no-revectorize': { type: 'boolean', help: 'keep machine code at 128 bits' },
  },
  namesNoFiles: true,
};

/** A network, by the name that requests ask for. */
export interface ServedModel {
  readonly name: string;
  /** A path, or the name of a downloaded model. */
  readonly source: string;
  /** Where in a checkpoint the state dict is; `undefined`: it is searched. */
  readonly key: string | undefined;
}

export interface ServeRequest {
  readonly host: string;
  readonly port: number;
  readonly token: string | undefined;
  readonly allowOrigins: readonly string[];
  readonly isStudio: boolean;
  /** None: the small one that the command carries within itself. */
  readonly models: readonly ServedModel[];
  readonly concurrency: number;
  readonly queue: number;
  readonly limits: ServiceLimits;
  readonly engine: EngineOptions;
  /** Whether requests that go well are told of. */
  readonly isQuiet: boolean;
}

/** @throws UsageError for a value that makes no sense, and for an address that others reach without a token. */
export function readServe(invocation: Invocation): ServeRequest {
  const { operands, text, texts, flag } = invocation;
  if (operands.length > 0) {
    throw new UsageError(
      `serve takes no pictures, but got "${operands[0]}": they come as requests. --weights FILE names a network.`,
    );
  }
  const host = text('host') ?? HOST;
  const token = text('token') ?? (globalThis.process.env[TOKEN_VARIABLE] || undefined);
  if (token !== undefined && !/^[\x21-\x7e]{16,}$/.test(token)) {
    throw new UsageError('--token takes 16 or more letters, digits and signs, without spaces.');
  }
  if (token === undefined && !isLoopback(host)) {
    throw new UsageError(
      `--host ${host} lets other computers in: give a --token, too, or ${TOKEN_VARIABLE} in the environment.`,
    );
  }
  const concurrency = readCount(invocation, 'concurrency', 1, 256) ?? DEFAULT_CONCURRENCY;
  return {
    host,
    port: readPort(text('port')) ?? PORT,
    token,
    allowOrigins: texts('allow-origin').map(readOrigin),
    isStudio: flag('studio'),
    models: withKeys(readModels(texts('weights')), texts('key')),
    concurrency,
    queue: readCount(invocation, 'queue', 0, 100_000) ?? DEFAULT_QUEUE,
    limits: readLimits(invocation),
    engine: readSharedEngine(invocation, concurrency),
    isQuiet: flag('quiet'),
  };
}

/** Whether an address leads to this computer alone. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function readOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && url.origin !== 'null' && `${url.origin}/` === url.href) return url.origin;
  throw new UsageError(
    `--allow-origin takes an origin, such as https://example.org, but got "${text}".`,
  );
}

function readModels(texts: readonly string[]): Omit<ServedModel, 'key'>[] {
  const models = texts.map((text) => {
    const [, named, file] = /^([\w.][\w.-]*)=(.+)$/s.exec(text) ?? [];
    const source = file ?? text;
    if (isWebAddress(source)) {
      throw new UsageError(`--weights ${source}: serve takes files; fetch it first.`);
    }
    const name = named ?? source.replace(/^.*[/\\]/s, '').replace(/\.[^.]*$/, '');
    if (/^[\w.][\w.-]{0,99}$/.test(name)) return { name, source };
    throw new UsageError(`--weights ${text}: give it a name to be asked for: --weights NAME=FILE.`);
  });
  const names = models.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice === undefined) return models;
  throw new UsageError(`--weights: two are called ${twice}; --weights NAME=FILE names one.`);
}

/** Keys may have signs of equality in them: what stands before the first is a name where there is a network of that name. */
function withKeys(
  models: readonly Omit<ServedModel, 'key'>[],
  texts: readonly string[],
): ServedModel[] {
  const keys = new Map<string, string>();
  for (const text of texts) {
    const named = models.find(({ name }) => text.startsWith(`${name}=`));
    const owner = named ?? (models.length === 1 ? models[0] : undefined);
    if (owner === undefined) {
      const names = models.map(({ name }) => name).join(', ');
      throw new UsageError(
        models.length === 0
          ? `--key ${text}: --weights FILE names the checkpoint.`
          : `--key ${text}: say of which network, --key NAME=KEY; there are ${names}.`,
      );
    }
    if (keys.has(owner.name)) throw new UsageError(`--key: ${owner.name} has two.`);
    keys.set(owner.name, named === undefined ? text : text.slice(named.name.length + 1));
  }
  return models.map((model) => ({ ...model, key: keys.get(model.name) }));
}

function readLimits(invocation: Invocation): ServiceLimits {
  const count = (option: string, most: number, usual: number) =>
    readCount(invocation, option, 1, most) ?? usual;
  const { maxPixels, maxNetworkPixels, bodySeconds, requestSeconds } = DEFAULT_LIMITS;
  const maxBytes = readBytes(invocation, 'max-bytes') ?? DEFAULT_LIMITS.maxBytes;
  return {
    maxBytes: Math.min(MAX_COUNT, Math.floor(maxBytes)),
    maxPixels: count('max-pixels', DEFAULT_MAX_PIXELS, maxPixels),
    maxNetworkPixels: count('max-network-pixels', MAX_COUNT, maxNetworkPixels),
    bodySeconds: count('body-timeout', MAX_SECONDS, bodySeconds),
    requestSeconds: count('timeout', MAX_SECONDS, requestSeconds),
  };
}

/** What there is of the machine, for each of those that work at once. */
function readSharedEngine(invocation: Invocation, concurrency: number): EngineOptions {
  const memory = readBytes(invocation, 'memory');
  return {
    engine: readEngine(invocation),
    threads:
      readCount(invocation, 'threads', 1, 256) ??
      Math.max(1, Math.floor(availableCores() / concurrency)),
    memory: memory === undefined ? undefined : Math.max(1, Math.floor(memory / concurrency)),
    // The process is the command's own.
    allowV8Flags: true,
    revectorize: !invocation.flag('no-revectorize'),
  };
}
