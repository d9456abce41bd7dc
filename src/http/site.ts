import { refusalOf } from './guard.js';
import type { Handler, IncomingMessage, ServerResponse } from './listen.js';

/** A file of a site. */
export interface SiteFile {
  /** Its media type. */
  readonly type: string;
  /** Another one for other bytes, so that browsers need not get the same twice. */
  readonly tag: string;
  readonly bytes: () => Promise<Uint8Array>;
}

/** By path without the first slash; that of the site itself is `index.html`. */
export type Site = ReadonlyMap<string, SiteFile>;

/** What pages need to share memory with their workers. */
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** No other page may show, embed or read what is served, and no file is taken for what it is not. */
const OWN_PAGE_ONLY = {
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy': "frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
  webmanifest: 'application/manifest+json',
};

/** By the ending of a name. */
export function mediaType(name: string): string {
  return (
    new Map(Object.entries(TYPES)).get(name.split('.').at(-1) ?? '') ?? 'application/octet-stream'
  );
}

/** Answers requests for the files of a site, for pages of this machine alone. @param hosts What the server goes by. */
export function serveSite(
  site: Site,
  hosts: (request: IncomingMessage) => readonly string[],
): Handler {
  return async (request, response) => {
    const refusal = refusalOf(request, hosts(request));
    if (refusal !== null) {
      sayNo(response, refusal.status, refusal.why);
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      sayNo(response, 405, 'Files are read here, and nothing else.', { Allow: 'GET, HEAD' });
      return;
    }
    const file = site.get(pathOf(request));
    if (file === undefined) sayNo(response, 404, 'There is no such file.');
    else await send(request, response, file);
  };
}

/** The name of the file that a request asks for. */
export function pathOf({ url = '/' }: Pick<IncomingMessage, 'url'>): string {
  return url.replace(/[?#].*$/, '').replace(/^\//, '') || 'index.html';
}

async function send(
  { method, headers }: IncomingMessage,
  response: ServerResponse,
  { type, tag, bytes }: SiteFile,
): Promise<void> {
  const ETag = `"${tag}"`;
  const always = { ...ISOLATION, ...OWN_PAGE_ONLY, ETag, 'Cache-Control': 'no-cache' };
  if (headers['if-none-match'] === ETag) {
    response.writeHead(304, always).end();
    return;
  }
  const content = await bytes();
  response.writeHead(200, { ...always, 'Content-Type': type, 'Content-Length': content.length });
  response.end(method === 'HEAD' ? undefined : content);
}

function sayNo(
  response: ServerResponse,
  status: number,
  why: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const type = { 'Content-Type': 'text/plain; charset=utf-8' };
  response.writeHead(status, { ...OWN_PAGE_ONLY, ...type, ...headers }).end(`${why}\n`);
}
