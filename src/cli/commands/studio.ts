import { namesAt } from '../../http/guard.js';
import { type Listening, listen } from '../../http/listen.js';
import { type Site, serveSite } from '../../http/site.js';
import { openInBrowser } from '../../platform/openInBrowser.js';
import { Interruption } from '../interruption.js';
import type { StudioRequest } from '../requests/studio.js';
import { servedPage } from '../servedPage.js';
import { writeData } from '../standardOutput.js';
import type { Terminal } from '../terminal.js';

/** Where it is when nobody names a port: this one, or one of the next. */
const PORT = 4570;
const TRIES = 20;
/** This computer, and no other. */
const HOST = '127.0.0.1';
/** So long have requests to end that are being answered. */
const GRACE_MS = 500;

export async function runStudio(
  { port, isOpened }: StudioRequest,
  terminal: Terminal,
): Promise<void> {
  const site = await servedPage();
  const interruption = new Interruption();
  try {
    const server = await start(site, port);
    try {
      const address = `http://${HOST}:${server.port}/`;
      await writeData(`${address}\n`);
      const isOpening = isOpened && (await openInBrowser(address));
      const what = isOpening ? 'The page opens in your browser' : 'Open the address in a browser';
      terminal.say(`${what}; Ctrl+C ends it. Pictures and models stay on this computer.`);
      await interruption.happens();
    } finally {
      await server.close(GRACE_MS);
    }
  } finally {
    interruption.end();
  }
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
