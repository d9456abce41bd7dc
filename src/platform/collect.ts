import { CycleganError } from '../errors.js';
import { abortionOf, throwIfAborted } from './abortion.js';
import { ByteBlocks } from './byteBlocks.js';
import type { AbortSignalLike, ByteStreamLike } from './webTypes.js';

/** Where bytes come from piece by piece. */
export type ByteStream = ByteStreamLike | AsyncIterable<Uint8Array>;

export interface CollectOptions {
  readonly maxBytes: number;
  /** What is thrown when more come. */
  readonly onTooMany: () => Error;
  readonly onReceived?: (bytes: number) => void;
  readonly signal?: AbortSignalLike;
}

/**
 * Reads a stream to its end. When it is too long, or `signal` fires, it is cancelled.
 * @throws CycleganError `ERR_STREAM` for a stream that is being read already, or for pieces that are no bytes; the reason of a signal that fired;
 * what the stream throws.
 */
export async function collect(
  stream: ByteStream,
  { maxBytes, onTooMany, onReceived, signal }: CollectOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  throwIfAborted(signal);
  const iterator = iteratorOf(stream);
  const blocks = new ByteBlocks();
  const abortion = abortionOf(signal);
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await Promise.race([iterator.next(), abortion.happens]);
      if (done === true) break;
      const bytes = bytesOfPiece(value);
      if (blocks.length + bytes.length > maxBytes) throw onTooMany();
      blocks.add(bytes);
      onReceived?.(blocks.length);
    }
    ended = true;
    return blocks.joined();
  } finally {
    abortion.end();
    // Not waited for: it may be waiting itself for what never comes.
    if (!ended) Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}

interface PieceIterator {
  next(): Promise<{ readonly done?: boolean; readonly value?: unknown }>;
  return?(): unknown;
}

/** Not every browser lets its streams be iterated. */
function iteratorOf(stream: ByteStream): PieceIterator {
  if (!('getReader' in stream)) return stream[Symbol.asyncIterator]();
  if (stream.locked) {
    throw new CycleganError('ERR_STREAM', 'The stream is being read already; it can be read once.');
  }
  const reader = stream.getReader();
  return { next: () => reader.read(), return: () => reader.cancel() };
}

function bytesOfPiece(piece: unknown): Uint8Array {
  if (ArrayBuffer.isView(piece)) {
    return new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
  }
  const what = typeof piece === 'object' ? Object.prototype.toString.call(piece) : typeof piece;
  throw new CycleganError(
    'ERR_STREAM',
    `A stream must give pieces of bytes (Uint8Array), but it gave a piece that is ${what}.`,
  );
}
