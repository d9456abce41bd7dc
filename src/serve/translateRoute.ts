import { AbortError } from '../errors.js';
import { abortReason, isAbortion } from '../platform/abortion.js';
import type { WebRequest, WebResponse } from '../platform/webTypes.js';
import { checkHeader } from '../translate/translateBytes.js';
import type { Place } from './admission.js';
import { checkBodyHead, readPictureBody } from './body.js';
import { acceptedExtension, RESULT_TYPES } from './negotiate.js';
import type { ServiceOptions } from './options.js';
import { type QueryRequest, readQuery } from './query.js';
import type { StageTimes } from './requestEntry.js';
import type { Service } from './service.js';
import { ServiceError } from './serviceError.js';
import type { TranslationJob } from './translator/translator.js';

/** What is noted of a request as it goes on. */
export interface Noted {
  model?: string;
  bytesIn?: number;
  bytesOut?: number;
  stages?: StageTimes;
}

/** So many bytes hold the header of nearly every picture: what is over a limit is known before it waits. */
const HEADER_BYTES = 1 << 16;

/** `POST /v1/translate`. @throws ServiceError, or what is wrong with the picture. */
export async function translateRoute(
  request: WebRequest,
  url: URL,
  service: Service,
  noted: Noted,
): Promise<WebResponse> {
  const { options, admission } = service;
  const asked = readQuery(url.searchParams);
  const model = modelOf(asked, options);
  noted.model = model;
  const extension = asked.extension ?? acceptedExtension(request.headers.get('accept'));
  checkBodyHead(request, options);
  const place = admission.enter();
  const deadline = deadlineOf(request, options.requestSeconds);
  try {
    const { settings, traits } = asked;
    const job = { model, extension, settings, traits };
    return await translateIn(place, request, job, service, noted, deadline.signal);
  } catch (error) {
    throw isAbortion(error, deadline.signal) ? abortReason(deadline.signal) : error;
  } finally {
    deadline.end();
    place.leave();
  }
}

function modelOf({ model }: QueryRequest, { models }: ServiceOptions): string {
  const [first] = models.keys();
  if (model === null) return first;
  if (models.has(model)) return model;
  const names = [...models.keys()].join(', ');
  throw new ServiceError(400, 'ERR_REQUEST', `There is no model of that name; there are ${names}.`);
}

async function translateIn(
  place: Place,
  request: WebRequest,
  asked: Omit<TranslationJob, 'bytes'>,
  { options, translator, metrics }: Service,
  noted: Noted,
  signal: AbortSignal,
): Promise<WebResponse> {
  const begin = performance.now();
  const bytes = await readPictureBody(request, options, signal);
  noted.bytesIn = bytes.length;
  checkHeader(bytes.subarray(0, HEADER_BYTES), asked, options);
  const read = performance.now();
  await place.turn(signal);
  const turn = performance.now();
  const result = await translator.translate({ ...asked, bytes }, signal);
  const stages = { read: read - begin, queue: turn - read, ...result.milliseconds };
  noted.stages = stages;
  noted.bytesOut = result.bytes.length;
  metrics.stages(stages);
  const kinds = [...new Set(result.notes.map(({ kind }) => kind))];
  return new Response(result.bytes as Uint8Array<ArrayBuffer>, {
    headers: {
      'Content-Type': RESULT_TYPES.get(asked.extension) ?? 'application/octet-stream',
      'Content-Length': String(result.bytes.length),
      'Server-Timing': Object.entries(stages)
        .map(([stage, ms]) => `${stage};dur=${ms.toFixed(1)}`)
        .join(', '),
      ...(kinds.length === 0 ? {} : { 'Cyclegan-Notes': kinds.join(', ') }),
    },
  });
}

/** Fires when the client goes away, or when the request has had its time. */
function deadlineOf(
  { signal }: WebRequest,
  seconds: number,
): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const gone = () => controller.abort(new AbortError('The client went away.'));
  const late = () =>
    controller.abort(
      new ServiceError(503, 'ERR_REQUEST_TIME', 'The request took longer than it may.', {
        'Retry-After': '1',
      }),
    );
  const timer = setTimeout(late, seconds * 1000);
  signal.addEventListener('abort', gone, { once: true });
  if (signal.aborted) gone();
  return {
    signal: controller.signal,
    end: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', gone);
    },
  };
}
