/**
 * Keeps the page, so that it opens without a network, and gives it the headers that threads need where its host does not. What is kept
 * is one version of all files; the build writes their names, and a version that is another one for other bytes.
 */
declare const PAGE: { readonly version: string; readonly files: readonly string[] };

/** What is used of a service worker's own types. */
interface ServiceWorkerScope {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', listener: (event: LifeEvent) => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;
}

interface LifeEvent {
  waitUntil(work: Promise<unknown>): void;
}

interface FetchEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

const worker = globalThis as unknown as ServiceWorkerScope;
const { scope } = worker.registration;
const PREFIX = `cyclegan page at ${scope}, version `;
const CURRENT = PREFIX + PAGE.version;
/** The page itself goes by its folder: what hosts make of `index.html` differs. */
const INDEX = '';
const NAMES: ReadonlySet<string> = new Set(PAGE.files.map((name) => inFolder(name)));

worker.addEventListener('install', (event) => event.waitUntil(keepAll()));
worker.addEventListener('activate', (event) => event.waitUntil(begin()));
worker.addEventListener('message', ({ data }) => {
  if (data === 'take over') void worker.skipWaiting();
});
worker.addEventListener('fetch', (event) => {
  const name = nameOf(event.request);
  if (name !== null) event.respondWith(answer(name, event.request));
});

function inFolder(name: string): string {
  return name === 'index.html' ? INDEX : name;
}

/**
 * Of a file of the page, or of a script of the version before it, which windows load when it is called for; `null` for anything else,
 * which is the network's.
 */
function nameOf({ method, url }: Request): string | null {
  if (method !== 'GET' || !url.startsWith(scope)) return null;
  const name = inFolder(url.slice(scope.length).replace(/[?#].*$/, ''));
  return NAMES.has(name) || /^[\w-]+\.js$/.test(name) ? name : null;
}

async function keepAll(): Promise<void> {
  const cache = await caches.open(CURRENT);
  await cache.addAll([...NAMES].map((name) => new Request(scope + name, { cache: 'no-cache' })));
}

/** Windows that show the version before this one may still ask for its files: it stays, and those before it go. */
async function begin(): Promise<void> {
  const others = (await caches.keys()).filter((key) => key.startsWith(PREFIX) && key !== CURRENT);
  await Promise.all(others.slice(0, -1).map((key) => caches.delete(key)));
  await worker.clients.claim();
}

async function answer(name: string, request: Request): Promise<Response> {
  const current = await caches.open(CURRENT);
  const address = scope + name;
  return isolated(
    (await current.match(address)) ?? (await caches.match(address)) ?? (await fetch(request)),
  );
}

/** Anew, since a redirected response may not open a page. */
function isolated({ body, status, statusText, headers: given }: Response): Response {
  const headers = new Headers(given);
  for (const [key, value] of Object.entries(ISOLATION)) headers.set(key, value);
  return new Response(body, { status, statusText, headers });
}
