import { concatenate } from '../platform/concatenate.js';
import type { AbortSignalLike, WebRequest } from '../platform/webTypes.js';
import type { ServiceLimits } from './options.js';
import { ServiceError } from './serviceError.js';

/** The part of a form that has the picture. */
export const FORM_FIELD = 'picture';
/** The next part of a body has to come in this share of the time that all of it has. */
const STALL_SHARE = 1 / 6;

/** All else is the picture's bytes: what they are, they say themselves, and clients such as curl say something else. */
const FORM = 'multipart/form-data';

/** @throws ServiceError 413 or 415, by what a request says of its body. */
export function checkBodyHead({ headers }: WebRequest, { maxBytes }: ServiceLimits): void {
  const coding = headers.get('content-encoding');
  if (coding !== null && coding.toLowerCase() !== 'identity') {
    throw new ServiceError(415, 'ERR_REQUEST', 'Bodies come as they are, without an encoding.');
  }
  if (Number(headers.get('content-length') ?? 0) > maxBytes) throw tooLong(maxBytes);
}

/**
 * The picture of a request's body, which is counted as it comes.
 * @throws ServiceError 408 where it comes too slowly, 413 where there is too much, 400 for none and for a form that is damaged;
 * the signal's reason after it fired.
 */
export async function readPictureBody(
  request: WebRequest,
  limits: ServiceLimits,
  signal: AbortSignalLike,
): Promise<Uint8Array> {
  const bytes = await readBody(request, limits, signal);
  const type = request.headers.get('content-type');
  const picture = mediaType(type) === FORM ? await pictureOfForm(bytes, type ?? '') : bytes;
  if (picture.length > 0) return picture;
  throw new ServiceError(400, 'ERR_REQUEST', 'The request has no picture in its body.');
}

async function readBody(
  { body }: WebRequest,
  { maxBytes, bodySeconds }: ServiceLimits,
  signal: AbortSignalLike,
): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  const reader = body.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  const watch = watchPace(bodySeconds, signal);
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), watch.ends]);
      if (done) return concatenate(parts);
      if (!(value instanceof Uint8Array)) throw cut();
      length += value.length;
      if (length > maxBytes) throw tooLong(maxBytes);
      parts.push(value);
      watch.progress();
    }
  } catch (error) {
    // A reader of somebody else's body may never come to an end of its own.
    reader.cancel().catch(() => undefined);
    throw error instanceof ServiceError || signal.aborted ? error : cut();
  } finally {
    watch.stop();
  }
}

/** Fails when a body has had its time, its next part has, or the signal fires. */
function watchPace(
  seconds: number,
  signal: AbortSignalLike,
): { readonly ends: Promise<never>; progress(): void; stop(): void } {
  let fail: (reason: unknown) => void = () => undefined;
  const ends = new Promise<never>((_, reject) => {
    fail = reject;
  });
  ends.catch(() => undefined);
  const late = () => {
    const headers = { Connection: 'close' };
    fail(new ServiceError(408, 'ERR_REQUEST_TIME', 'The body came too slowly.', headers));
  };
  const abort = () => fail(signal.reason);
  const whole = setTimeout(late, seconds * 1000);
  let next = setTimeout(late, seconds * 1000 * STALL_SHARE);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  return {
    ends,
    progress: () => {
      clearTimeout(next);
      next = setTimeout(late, seconds * 1000 * STALL_SHARE);
    },
    stop: () => {
      clearTimeout(whole);
      clearTimeout(next);
      signal.removeEventListener('abort', abort);
    },
  };
}

/** The bytes are counted: the form's parser cannot be given more than may come. */
async function pictureOfForm(bytes: Uint8Array, type: string): Promise<Uint8Array> {
  const form = await new Response(bytes as Uint8Array<ArrayBuffer>, {
    headers: { 'Content-Type': type },
  })
    .formData()
    .catch(() => {
      throw new ServiceError(400, 'ERR_REQUEST', 'The form in the body is damaged.');
    });
  const entries = [...form.entries()];
  const [first] = entries;
  if (entries.length !== 1 || first[0] !== FORM_FIELD || typeof first[1] === 'string') {
    throw new ServiceError(
      400,
      'ERR_REQUEST',
      `A form has one file, "${FORM_FIELD}", and nothing else: options stand in the address.`,
    );
  }
  return new Uint8Array(await first[1].arrayBuffer());
}

function mediaType(header: string | null): string {
  return (header ?? '').split(';', 1)[0].trim().toLowerCase();
}

function tooLong(maxBytes: number): ServiceError {
  const headers = { Connection: 'close' };
  return new ServiceError(
    413,
    'ERR_REQUEST_SIZE',
    `The body has more than the ${maxBytes} bytes that are taken.`,
    headers,
  );
}

function cut(): ServiceError {
  return new ServiceError(400, 'ERR_REQUEST', 'The body was cut off.');
}
