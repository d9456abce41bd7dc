import { namesAt } from '../../http/guard.js';
import { type Handler, handlerWithThreads } from '../../serve/handler.js';
import type { HandlerOptions, ModelSource } from '../../serve/options.js';
import type { RequestEntry } from '../../serve/requestEntry.js';
import { embeddedWeights } from '../embedded.js';
import { Interruption } from '../interruption.js';
import { findWeights } from '../models.js';
import { isLoopback, type ServedModel, type ServeRequest } from '../requests/serve.js';
import { servedPage } from '../servedPage.js';
import { type HttpServer, listenForRequests } from '../server/httpServer.js';
import { writeData, writeMessage } from '../standardOutput.js';
import { printableJson, type Terminal } from '../terminal.js';

/** What the small model that the command carries is called. */
const BUILT_IN = 'horse2zebra-mini';

export async function runServe(request: ServeRequest, terminal: Terminal): Promise<void> {
  const interruption = new Interruption();
  const names: string[] = [];
  try {
    const handler = await startHandler(request, names);
    try {
      const server = await start(handler, request, names);
      try {
        await writeData(`${addressOf(request.host, server.port)}\n`);
        terminal.say('POST pictures to /v1/translate; /docs tells how. Ctrl+C ends it.');
        await interruption.happens();
        terminal.say('It takes no more, and ends when all that it has taken is answered.');
      } finally {
        // Nothing is taken from now on; what was taken is answered, and sent.
        await server.close(handler.drain());
      }
    } finally {
      await handler.drain();
    }
  } finally {
    interruption.end();
  }
}

/** Opens the models: a service that cannot have one of them does not begin. */
async function startHandler(request: ServeRequest, names: readonly string[]): Promise<Handler> {
  const { host, token, allowOrigins, concurrency, queue, limits, engine, isQuiet } = request;
  const options: HandlerOptions = {
    ...limits,
    models: Object.fromEntries(await modelSources(request.models)),
    // Beyond this computer, the token says who may ask, by whatever name.
    hosts: isLoopback(host) ? () => names : undefined,
    token,
    allowOrigins,
    concurrency,
    queue,
    engine,
    log: (entry) => writeEntry(entry, isQuiet),
  };
  const handler = handlerWithThreads(options, new URL(import.meta.url));
  try {
    await handler.ready;
  } catch (error) {
    await handler.drain();
    throw error;
  }
  return handler;
}

async function modelSources(models: readonly ServedModel[]): Promise<[string, ModelSource][]> {
  if (models.length === 0) return [[BUILT_IN, await embeddedWeights()]];
  return Promise.all(
    models.map(async ({ name, source, key }): Promise<[string, ModelSource]> => {
      const { path, model } = await findWeights(source);
      return [name, { weights: path, key: key ?? model?.key, inputRange: model?.inputRange }];
    }),
  );
}

async function start(
  handler: Handler,
  { host, port, limits, isStudio }: ServeRequest,
  names: string[],
): Promise<HttpServer> {
  const site = isStudio ? await servedPage() : null;
  const { bodySeconds } = limits;
  const known = isLoopback(host) ? names : null;
  const server = await listenForRequests(handler, { host, port, bodySeconds, site, names: known });
  names.push(...namesAt(server.port, [...new Set([urlHost(host), '127.0.0.1', 'localhost'])]));
  return server;
}

function addressOf(host: string, port: number): string {
  return `http://${urlHost(host)}:${port}/`;
}

/** As addresses have it. */
function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** A line of JSON for each request, for programs that gather such; with `--quiet` for failures of the service alone. */
function writeEntry(entry: RequestEntry, isQuiet: boolean): void {
  if (!isQuiet || entry.level === 'error') writeMessage(`${printableJson(entry)}\n`);
}
