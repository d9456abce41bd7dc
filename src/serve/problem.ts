import type { ErrorCode } from '../errorCodes.js';
import { CycleganError } from '../errors.js';
import type { WebResponse } from '../platform/webTypes.js';
import { ServiceError } from './serviceError.js';

/** @see https://www.rfc-editor.org/rfc/rfc9457 */
export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  /** For people. */
  readonly detail: string;
  /** For programs: `docs/errors.md` has them all. */
  readonly code: ErrorCode;
  readonly requestId: string;
}

export const PROBLEM_TYPE = 'application/problem+json';
/** What a proxy notes where the client has gone: nobody reads that answer. */
export const CLIENT_GONE = 499;

const TITLES: ReadonlyMap<number, string> = new Map([
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [405, 'Method Not Allowed'],
  [406, 'Not Acceptable'],
  [408, 'Request Timeout'],
  [413, 'Content Too Large'],
  [415, 'Unsupported Media Type'],
  [422, 'Unprocessable Content'],
  [429, 'Too Many Requests'],
  [431, 'Request Header Fields Too Large'],
  [CLIENT_GONE, 'Client Closed Request'],
  [500, 'Internal Server Error'],
  [503, 'Service Unavailable'],
]);

/** Codes whose answer is another than 422, by the status that it has. */
const STATUS_OF: Readonly<Partial<Record<ErrorCode, number>>> = {
  ERR_ABORTED: CLIENT_GONE,
  ERR_IMAGE_FORMAT: 415,
  ERR_IMAGE_CODEC: 415,
  ERR_JPEG_TOO_LARGE: 413,
  ERR_REQUEST_SIZE: 413,
  ERR_TOO_LARGE: 413,
};

/** What is wrong with the picture, or with what is asked of it. All else is the service's own trouble, of which it tells nothing. */
const OF_PICTURE =
  /^ERR_(PICTURE|BMP|GIF|TIFF|WEBP|HEIF|PNM|FRAME|IMAGE_\w+|RESIZE|CROP|JPEG_\w+|PNG\w*|SHAPE|TRAIT|RANGE|ABORTED|TOO_LARGE|REQUEST\w*)$/;

const OWN_TROUBLE = 'The service could not do this; its log has more, under the id of the request.';

/** What an error is for whoever has asked. */
export function problemOf(error: unknown, requestId: string): Problem {
  const { status, code, detail } = described(error);
  const title = TITLES.get(status) ?? 'Error';
  return { type: 'about:blank', title, status, detail, code, requestId };
}

function described(error: unknown): Pick<Problem, 'status' | 'code' | 'detail'> {
  if (error instanceof ServiceError) {
    return { status: error.status, code: error.code, detail: error.message };
  }
  if (error instanceof CycleganError && OF_PICTURE.test(error.code)) {
    const { code, message } = error;
    return { status: STATUS_OF[code] ?? 422, code, detail: message };
  }
  const code = error instanceof CycleganError ? error.code : 'ERR_WORKER';
  return { status: 500, code, detail: OWN_TROUBLE };
}

export function problemResponse(error: unknown, problem: Problem): WebResponse {
  const headers = error instanceof ServiceError ? error.headers : {};
  return new Response(`${JSON.stringify(problem)}\n`, {
    status: problem.status,
    headers: { 'Content-Type': PROBLEM_TYPE, ...headers },
  });
}
