import { CycleganError } from '../../errors.js';
import { postgresKind } from './postgresServer.js';
import { redisKind } from './redisServer.js';
import type { QueueServer, ServerKind } from './server.js';

const KINDS: readonly ServerKind[] = [redisKind, postgresKind];

/** Schemes of addresses that a queue can have. */
export const queueSchemes: readonly string[] = KINDS.flatMap(({ schemes }) => schemes);

/** The server that an address names. @throws CycleganError `ERR_QUEUE` for an address of no kind, and whatever `open` throws. */
export async function openServer(address: string): Promise<QueueServer> {
  const scheme = schemeOf(address);
  const kind = KINDS.find(({ schemes }) => schemes.includes(scheme));
  if (kind !== undefined) return kind.open(address);
  throw new CycleganError(
    'ERR_QUEUE',
    `A queue has an address such as redis://127.0.0.1:6379 or postgres://USER@HOST/DATABASE, but got "${scheme === '' ? address : `${scheme}:…`}".`,
  );
}

/** In lower case; empty for what is no address. */
export function schemeOf(address: string): string {
  return URL.canParse(address) ? new URL(address).protocol.slice(0, -1) : '';
}
