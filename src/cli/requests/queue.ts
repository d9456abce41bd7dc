import { queueSchemes, schemeOf } from '../../queue/servers/openServer.js';
import { shownName } from '../addresses.js';
import { type Invocation, type OptionSpec, UsageError } from '../usage.js';

/** What submitters and workers have to agree on. */
export interface QueueRequest {
  /** Of the server. */
  readonly address: string;
  /** Of the queue on it. */
  readonly name: string;
  /** `null`: a folder of this user's cache. */
  readonly store: string | null;
}

export const QUEUE_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  queue: {
    matters: true,
    type: 'string',
    value: 'URL',
    completes: 'nothing',
    help: 'where the queue is: redis://HOST:6379 or postgres://USER:PASSWORD@HOST/DATABASE; default: $CYCLEGAN_QUEUE, where others on this machine do not see the password',
  },
  store: {
    matters: true,
    type: 'string',
    value: 'FOLDER|s3://BUCKET',
    help: "the folder or bucket that all machines share, for pictures, weights and results; default: $CYCLEGAN_STORE, or else a folder of this user's cache, which does for one machine",
  },
  'queue-name': {
    type: 'string',
    value: 'NAME',
    completes: 'nothing',
    help: 'one of several queues on a server; default: cyclegan',
  },
};

/** @throws UsageError for what names no queue. */
export function readQueue({ text }: Invocation): QueueRequest {
  const { CYCLEGAN_QUEUE, CYCLEGAN_STORE } = process.env;
  const address = text('queue') ?? CYCLEGAN_QUEUE;
  if (address === undefined || address === '') {
    throw new UsageError(
      'Which queue? --queue redis://127.0.0.1:6379, --queue postgres://USER@HOST/DATABASE, or the variable CYCLEGAN_QUEUE.',
    );
  }
  if (!queueSchemes.includes(schemeOf(address))) {
    throw new UsageError(
      `--queue takes an address that begins with ${queueSchemes.map((scheme) => `${scheme}://`).join(', ')}, but got "${shownName(address)}".`,
    );
  }
  const store = text('store') ?? (CYCLEGAN_STORE === '' ? undefined : CYCLEGAN_STORE);
  return { address, name: readName(text('queue-name')), store: store ?? null };
}

function readName(name = 'cyclegan'): string {
  if (/^[A-Za-z0-9][\w.-]{0,63}$/.test(name)) return name;
  throw new UsageError(
    `--queue-name takes up to 64 letters, digits, dots, dashes and underscores, but got "${name}".`,
  );
}
