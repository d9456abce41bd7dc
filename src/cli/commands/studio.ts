import { CycleganError } from '../../errors.js';
import { namesAt } from '../../http/guard.js';
import { type Listening, listen } from '../../http/listen.js';
import { mediaType, type Site, type SiteFile, serveSite } from '../../http/site.js';
import { abortionOf, isAbortion } from '../../platform/abortion.js';
import { openInBrowser } from '../../platform/openInBrowser.js';
import { embeddedPage } from '../embedded.js';
import { Interruption } from '../interruption.js';
import type { StudioRequest } from '../requests/studio.js';
import { writeData } from '../standardOutput.js';
import type { Terminal } from '../terminal.js';

/** Where it is when nobody names a port: this one, or one of the next. */
const PORT = 4570;
const TRIES = 20;
/** This computer, and no other. */
const HOST = '127.0.0.1';
/** So long have requests to end that are being answered. */
const GRACE_MS = 500;
/**
 * The page's own service worker keeps it for when there is no server: for whatever comes to this port later, it would answer, too. So
 * in its place there is one that goes at once, and takes an earlier one with it.
 */
const SERVICE_WORKER = 'serviceWorker.js';
const GOES_AT_ONCE = `addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(registration.unregister()));
`;

export async function runStudio(
  { port, isOpened }: StudioRequest,
  terminal: Terminal,
): Promise<void> {
  const site = await embeddedPage();
  if (site === null)
    throw new CycleganError('ERR_NO_PAGE', 'This build of the command has no page.');
  const interruption = new Interruption();
  try {
    const server = await start(new Map([...site, [SERVICE_WORKER, standIn()]]), port);
    try {
      const address = `http://${HOST}:${server.port}/`;
      await writeData(`${address}\n`);
      const isOpening = isOpened && (await openInBrowser(address));
      const what = isOpening ? 'The page opens in your browser' : 'Open the address in a browser';
      terminal.say(`${what}; Ctrl+C ends it. Pictures and models stay on this computer.`);
      await endOf(interruption.signal);
    } finally {
      await server.close(GRACE_MS);
    }
  } finally {
    interruption.end();
  }
}

function standIn(): SiteFile {
  const bytes = async () => new TextEncoder().encode(GOES_AT_ONCE);
  return { type: mediaType(SERVICE_WORKER), tag: 'goes', bytes };
}

async function start(site: Site, port: number | null): Promise<Listening> {
  const names: string[] = [];
  const where = port === null ? { port: PORT, tries: TRIES } : { port };
  const server = await listen(
    serveSite(site, () => names),
    { host: HOST, ...where },
  );
  names.push(...namesAt(server.port, [HOST, 'localhost']));
  return server;
}

async function endOf(signal: AbortSignal): Promise<void> {
  try {
    await abortionOf(signal).happens;
  } catch (error) {
    if (!isAbortion(error, signal)) throw error;
  }
}
