import { CycleganError } from '../errors.js';
import { mediaType, type Site } from '../http/site.js';
import { embeddedPage } from './embedded.js';

/**
 * The page's own service worker keeps it for when there is no server: for whatever comes to this port later, it would answer, too. So
 * in its place there is one that goes at once, and takes an earlier one with it.
 */
const SERVICE_WORKER = 'serviceWorker.js';
const GOES_AT_ONCE = `addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(registration.unregister()));
`;

/**
 * The page, as a server of this machine has it.
 * @throws CycleganError `ERR_NO_PAGE` where the command was built without.
 */
export async function servedPage(): Promise<Site> {
  const site = await embeddedPage();
  if (site === null)
    throw new CycleganError('ERR_NO_PAGE', 'This build of the command has no page.');
  const bytes = async () => new TextEncoder().encode(GOES_AT_ONCE);
  const standIn = { type: mediaType(SERVICE_WORKER), tag: 'goes', bytes };
  return new Map([...site, [SERVICE_WORKER, standIn]]);
}
