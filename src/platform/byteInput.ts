import { CycleganError } from '../errors.js';
import { abortReason, throwIfAborted } from './abortion.js';
import { fileUrlPath, isFileUrl, isLocalAddress, isWebAddress, shownAddress } from './address.js';
import { type ByteSource, MAX_STREAM_BYTES, memorySource, openFile } from './byteSource.js';
import { type ByteStream, collect } from './collect.js';
import { downloadFailure, networkFailure, wrongSize } from './downloadError.js';
import { type FetchProgress, fetchBytes } from './fetchBytes.js';
import { fileError, tooLong } from './fileError.js';
import type {
  AbortSignalLike,
  BlobLike,
  ByteStreamLike,
  ResponseLike,
  UrlLike,
} from './webTypes.js';

/**
 * Where a file's bytes may come from:
 *
 * - a path (Node only), or an address that begins with `http://`, `https://`, `file://` (Node only), `data:` or `blob:`;
 * - the same as a `URL`;
 * - the bytes themselves, in an `ArrayBuffer` or a view of one, such as `Uint8Array` or Node's `Buffer`;
 * - a `Blob` or `File`;
 * - the `Response` of a `fetch`, which must have succeeded;
 * - a stream, of the web's or of Node's, or anything else that gives pieces of bytes with `for await`; it is read to its end.
 */
export type ByteInput =
  | string
  | UrlLike
  | ArrayBufferLike
  | ArrayBufferView
  | BlobLike
  | ResponseLike
  | ByteStreamLike
  | AsyncIterable<Uint8Array>;

export interface ByteInputOptions {
  /**
   * Bytes that a file may have; longer ones are refused. Default: what comes from an address or a stream, into memory as a
   * whole, may have 2 GiB.
   */
  readonly maxBytes?: number;
  /** Ends the reading of an address or a stream. */
  readonly signal?: AbortSignalLike;
  /** Called when an address has answered, and with each piece that comes. */
  readonly onProgress?: (progress: FetchProgress) => void;
}

/**
 * @throws FileError when a file cannot be found or read, or is too long; DownloadError when an address gives no such file;
 * CycleganError `ERR_SOURCE` for what is none of the above, `ERR_STREAM` for a stream that gives no bytes; the reason of a signal that fired.
 */
export async function openBytes(
  input: ByteInput,
  options: ByteInputOptions = {},
): Promise<ByteSource> {
  const { maxBytes, signal } = options;
  if (maxBytes !== undefined && !(maxBytes >= 0)) {
    throw new CycleganError('ERR_SOURCE', `maxBytes must be a number, but is ${maxBytes}.`);
  }
  throwIfAborted(signal);
  const source = await open(input, options);
  if (source.size > (maxBytes ?? source.size)) {
    throw tooLong(sourceName(input), maxBytes ?? source.size);
  }
  return source;
}

/** The bytes of the whole; throws as `openBytes`. */
export async function readBytes(
  input: ByteInput,
  options: ByteInputOptions = {},
): Promise<Uint8Array> {
  const source = await openBytes(input, options);
  return source.read(0, source.size);
}

/** What messages call it: a path, an address without secrets, the name of a `File`; `null` for what has none. */
export function sourceName(input: ByteInput): string | null {
  if (typeof input === 'string') return isPathText(input) ? input : addressName(input);
  switch (kindOf(input)) {
    case 'URL':
      return addressName((input as UrlLike).href);
    case 'Response':
      return (input as ResponseLike).url === '' ? null : shownAddress((input as ResponseLike).url);
    case 'File':
      return (input as BlobLike & { readonly name: string }).name;
    default:
      return null;
  }
}

function addressName(address: string): string {
  if (!isFileUrl(address)) return shownAddress(address);
  try {
    return fileUrlPath(address);
  } catch {
    return address;
  }
}

/** Whether it is a path, and no address. */
export function isPath(input: ByteInput): input is string {
  return typeof input === 'string' && isPathText(input);
}

function isPathText(text: string): boolean {
  return !isWebAddress(text) && !isFileUrl(text) && !isLocalAddress(text);
}

async function open(input: ByteInput, options: ByteInputOptions): Promise<ByteSource> {
  if (typeof input === 'string') {
    return isPathText(input) ? openFile(input, options) : openAddress(input, options);
  }
  if (ArrayBuffer.isView(input)) {
    return memorySource(unshared(input.buffer, input.byteOffset, input.byteLength));
  }
  switch (kindOf(input)) {
    case 'ArrayBuffer':
    case 'SharedArrayBuffer':
      return memorySource(unshared(input as ArrayBufferLike));
    case 'URL':
      return openAddress((input as UrlLike).href, options);
    case 'Blob':
    case 'File':
      return openBlob(input as BlobLike);
    case 'Response':
      return memorySource(await readResponse(input as ResponseLike, options));
    default:
      return memorySource(await readStream(checkStream(input), options));
  }
}

/** By its name and not its class: there is a class for each realm. */
function kindOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

async function openAddress(address: string, options: ByteInputOptions): Promise<ByteSource> {
  if (isFileUrl(address)) return openFile(fileUrlPath(address), options);
  const { maxBytes = MAX_STREAM_BYTES, signal, onProgress } = options;
  if (isWebAddress(address)) {
    return memorySource(await fetchBytes(address, { maxBytes, signal, onProgress }));
  }
  if (isLocalAddress(address)) return memorySource(await readLocal(address, options));
  throw new CycleganError(
    'ERR_SOURCE',
    `${shownAddress(address)}: addresses begin with http://, https://, file://, data: or blob:.`,
  );
}

async function readLocal(address: string, options: ByteInputOptions): Promise<Uint8Array> {
  const response = await fetch(address, {
    signal: options.signal as AbortSignal | undefined,
  }).catch((error: unknown) => {
    throw options.signal?.aborted ? abortReason(options.signal) : networkFailure(address, error);
  });
  return readResponse(response, options);
}

async function readResponse(
  response: ResponseLike,
  options: ByteInputOptions,
): Promise<Uint8Array> {
  const { url, ok, status, statusText, type, bodyUsed, body } = response;
  const name = url === '' ? 'The response' : url;
  if (type.startsWith('opaque')) {
    throw downloadFailure(name, 'fetch gave nothing to read (no-cors, or a redirect left alone)');
  }
  if (!ok) {
    throw downloadFailure(name, `the server answers ${status} ${statusText}`.trimEnd());
  }
  if (bodyUsed) throw downloadFailure(name, 'it was read already; a response can be read once');
  if (body === null) return new Uint8Array(0);
  const { maxBytes = MAX_STREAM_BYTES } = options;
  const onTooMany = () => wrongSize(name, `more than ${maxBytes} bytes come`);
  return readStream(body, options, onTooMany).catch((error: unknown) => {
    throw error instanceof CycleganError ? error : networkFailure(name, error);
  });
}

function readStream(
  stream: ByteStream,
  { maxBytes = MAX_STREAM_BYTES, signal }: ByteInputOptions,
  onTooMany: () => Error = () => tooLong(null, maxBytes),
): Promise<Uint8Array> {
  return collect(stream, { maxBytes, onTooMany, signal });
}

function checkStream(input: unknown): ByteStream {
  const isStream =
    typeof input === 'object' &&
    input !== null &&
    ('getReader' in input || Symbol.asyncIterator in input);
  if (isStream) return input as ByteStream;
  const found = input === null || input === undefined ? String(input) : kindOf(input);
  const hint = found === 'Promise' ? '; await it' : '';
  throw new CycleganError(
    'ERR_SOURCE',
    `A path, an address, bytes, a Blob, a Response or a stream is taken, but got ${found}${hint}.`,
  );
}

/** Bytes that no other thread can change while they are read. */
function unshared(buffer: ArrayBufferLike, offset = 0, length = buffer.byteLength): Uint8Array {
  const bytes = new Uint8Array(buffer, offset, length);
  return kindOf(buffer) === 'SharedArrayBuffer' ? new Uint8Array(bytes) : bytes;
}

/** In a page, each piece of a Blob is a message to another process: one that is no larger comes as a whole. */
const MAX_WHOLE_BLOB = 2 ** 22;

async function openBlob(blob: BlobLike): Promise<ByteSource> {
  const { size } = blob;
  const read = async (start: number, end: number) => {
    try {
      return new Uint8Array(await blob.slice(start, end).arrayBuffer());
    } catch (error) {
      // A file that was chosen in a page, and has changed since.
      throw fileError('read', sourceName(blob) ?? 'The Blob', error);
    }
  };
  return size <= MAX_WHOLE_BLOB ? memorySource(await read(0, size)) : { size, shared: false, read };
}
