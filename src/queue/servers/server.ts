import type { BullClasses, BullModule } from '../bullmq.js';

/** A server that keeps a queue, and the way to it. */
export interface QueueServer {
  /** Its address, for messages. */
  readonly name: string;
  readonly classes: BullClasses<unknown>;
  /** What `classes` connect by. */
  readonly connection: unknown;
  readonly UnrecoverableError: BullModule['UnrecoverableError'];
  /** Whether an error means that the server does not answer for now. */
  isOutage(error: unknown): boolean;
  /** Has `listener` hear of connections that are lost: calls may wait for the server, and say nothing. */
  onLost(listener: () => void): void;
  close(): Promise<void>;
}

/** A kind of server, and how it is reached. */
export interface ServerKind {
  /** Of its addresses: `redis`. */
  readonly schemes: readonly string[];
  /**
   * @throws CycleganError `ERR_PACKAGE` where the packages for it are not installed, `ERR_QUEUE` where it does not answer.
   */
  open(address: string): Promise<QueueServer>;
}

/** So long may a server take to answer for the first time. */
export const CONNECT_MS = 10_000;

const NETWORK =
  /^(ECONN(REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;

/** Whether an error came from the network, and not from the server. */
export function isNetworkError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && NETWORK.test(code);
}

/** Of what a server or its package said, a part for a sentence. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
