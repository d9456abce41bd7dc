import { ByteBlocks } from '../platform/byteBlocks.js';
import type { AbortSignalLike, WebRequest } from '../platform/webTypes.js';
import type { ServiceLimits } from './options.js';
import { ServiceError } from './serviceError.js';

/** The part of a form that has the picture. */
export const FORM_FIELD = 'picture';
/** The next part of a body has to come in this share of the time that all of it has. */
const STALL_SHARE = 1 / 6;

/**
 * What has come by then is read before a body is too late: a process that was busy, or was not given its turn, looks at its clock first and at
 * its sockets after that.
 */
const LAST_CALL_MS = 20;

/** A form's boundary, of the letters and the length that RFC 2046 gives it. */
const BOUNDARY =
  /^[^;]*(?:;\s*(?!boundary=)[\w-]+=[\w-]+\s*)*;\s*boundary=(?:"([^"\\]{1,70})"|([^\s;"]{1,70}))\s*(?:;|$)/i;

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
  const pace = new Pace(bodySeconds, signal);
  const gather = async () => {
    const bytes = new ByteBlocks();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return bytes.joined();
      if (!(value instanceof Uint8Array)) throw cut();
      if (bytes.length + value.length > maxBytes) throw tooLong(maxBytes);
      bytes.add(value);
      pace.progress();
    }
  };
  try {
    return await Promise.race([gather(), pace.fails]);
  } catch (error) {
    // A reader of somebody else's body may never come to an end of its own.
    reader.cancel().catch(() => undefined);
    throw error instanceof ServiceError || signal.aborted ? error : cut();
  } finally {
    pace.stop();
  }
}

/** How a body comes: its parts may be of a byte each, so that none costs a timer or a promise. */
class Pace {
  /** When the body has had its time, its next part has, or the signal fires. */
  readonly fails: Promise<never>;
  readonly #signal: AbortSignalLike;
  readonly #stallMs: number;
  #whole: ReturnType<typeof setTimeout>;
  #next: ReturnType<typeof setTimeout>;
  #last = performance.now();
  /** Whether it was late at the last look. */
  #isLastCall = false;
  #fail: (reason: unknown) => void = () => undefined;

  constructor(seconds: number, signal: AbortSignalLike) {
    this.fails = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
    this.fails.catch(() => undefined);
    this.#signal = signal;
    this.#stallMs = seconds * 1000 * STALL_SHARE;
    this.#whole = setTimeout(this.#lastCall, seconds * 1000);
    this.#next = setTimeout(this.#look, this.#stallMs);
    signal.addEventListener('abort', this.#abort, { once: true });
    if (signal.aborted) this.#abort();
  }

  progress(): void {
    this.#last = performance.now();
    this.#isLastCall = false;
  }

  stop(): void {
    clearTimeout(this.#whole);
    clearTimeout(this.#next);
    this.#signal.removeEventListener('abort', this.#abort);
  }

  /** Whether a part has come since the last look; if so, the next look is when it will have been too long ago. */
  readonly #look = () => {
    const left = this.#last + this.#stallMs - performance.now();
    if (left <= 0 && this.#isLastCall) return this.#late();
    this.#isLastCall = left <= 0;
    // A timer may come a little early.
    this.#next = setTimeout(this.#look, left <= 0 ? LAST_CALL_MS : Math.ceil(left));
  };

  readonly #lastCall = () => {
    this.#whole = setTimeout(this.#late, LAST_CALL_MS);
  };

  readonly #late = () => {
    const headers = { Connection: 'close' };
    this.#fail(new ServiceError(408, 'ERR_REQUEST_TIME', 'The body came too slowly.', headers));
  };

  readonly #abort = () => this.#fail(this.#signal.reason);
}

/** The bytes are counted: the form's parser cannot be given more than may come, nor more parts than one. */
async function pictureOfForm(bytes: Uint8Array, type: string): Promise<Uint8Array> {
  const [, quoted, plain] = BOUNDARY.exec(type) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw damagedForm();
  // One part has it twice, before and after. A parser would make an object of each, and they may be tiny.
  if (isMoreThanTwice(new TextEncoder().encode(boundary), bytes)) throw otherForm();
  const form = await new Response(bytes as Uint8Array<ArrayBuffer>, {
    headers: { 'Content-Type': type },
  })
    .formData()
    .catch(() => {
      throw damagedForm();
    });
  const entries = [...form.entries()];
  const [first] = entries;
  if (entries.length !== 1 || first[0] !== FORM_FIELD || typeof first[1] === 'string') {
    throw otherForm();
  }
  return new Uint8Array(await first[1].arrayBuffer());
}

/** In time that goes by the bytes alone, whatever they are: by Knuth, Morris and Pratt. */
function isMoreThanTwice(word: Uint8Array, bytes: Uint8Array): boolean {
  const borders = new Uint16Array(word.length);
  const advance = (matched: number, byte: number) => {
    let length = matched;
    while (length > 0 && word[length] !== byte) length = borders[length - 1];
    return word[length] === byte ? length + 1 : 0;
  };
  for (let i = 1; i < word.length; i++) borders[i] = advance(borders[i - 1], word[i]);
  let found = 0;
  let matched = 0;
  for (let i = 0; i < bytes.length; i++) {
    matched = advance(matched, bytes[i]);
    if (matched < word.length) continue;
    if (++found > 2) return true;
    matched = 0;
  }
  return false;
}

function damagedForm(): ServiceError {
  return new ServiceError(400, 'ERR_REQUEST', 'The form in the body is damaged.');
}

function otherForm(): ServiceError {
  return new ServiceError(
    400,
    'ERR_REQUEST',
    `A form has one file, "${FORM_FIELD}", and nothing else: options stand in the address.`,
  );
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
