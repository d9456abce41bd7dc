import { join } from 'node:path';
import { encodeImage } from '../../src/image/formats.js';
import { createHandler, type Handler } from '../../src/serve/handler.js';
import type { HandlerOptions } from '../../src/serve/options.js';
import { SMALL_PICTURE } from './command.js';

export const TINY_WEIGHTS = join(import.meta.dirname, '../golden/data/tiny_zip.pth');
export const SMALL_PNG = encodeImage(SMALL_PICTURE, 'small.png');
export const ADDRESS = 'http://127.0.0.1:4580';

/** A service of a network that takes no time, in this thread. */
export function smallService(options: Partial<HandlerOptions> = {}): Handler {
  return createHandler({ models: { tiny: TINY_WEIGHTS }, ...options });
}

/** A request to translate. */
export function translation(
  query = 'resize=none',
  {
    body = SMALL_PNG,
    headers = {},
    signal,
  }: {
    readonly body?: Uint8Array | ReadableStream | FormData | null;
    readonly headers?: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal;
  } = {},
): Request {
  const init = { method: 'POST', body: body as BodyInit | null, headers, signal, duplex: 'half' };
  return new Request(`${ADDRESS}/v1/translate?${query}`, init);
}

/** A body whose end the test says. */
export function openBody(): { readonly stream: ReadableStream; end(bytes: Uint8Array): void } {
  let controller: ReadableStreamDefaultController<Uint8Array>;
  const stream = new ReadableStream<Uint8Array>({
    start: (given) => {
      controller = given;
    },
  });
  return {
    stream,
    end: (bytes) => {
      controller.enqueue(bytes);
      controller.close();
    },
  };
}
