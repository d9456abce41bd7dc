import { describe, expect, it, vi } from 'vitest';
import { readPictureBody } from '../../src/serve/body.js';
import { translation } from '../support/serving.js';

const LIMITS = { maxBytes: 1e6, maxPixels: 1, maxNetworkPixels: 1, bodySeconds: 30 };
const NEVER = new AbortController().signal;

function read(request: Request, signal: AbortSignal = NEVER): Promise<Uint8Array> {
  return readPictureBody(request, { ...LIMITS, requestSeconds: 60 }, signal);
}

/** Bytes one by one, in the memory of all of them. */
function byteByByte(count: number, onPull: (sent: number) => void = () => undefined) {
  const bytes = Uint8Array.from({ length: count }, (_, i) => i % 251);
  let sent = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      onPull(sent);
      if (sent === count) controller.close();
      else controller.enqueue(bytes.slice(sent, ++sent));
    },
  });
  return { bytes, stream };
}

describe('a body in parts of a byte', () => {
  it('is read without a timer for each of them', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const { bytes, stream } = byteByByte(3000);
    const request = translation('', { body: stream });
    timers.mockClear();
    expect(await read(request)).toEqual(bytes);
    expect(timers.mock.calls.length).toBeLessThan(10);
    timers.mockRestore();
  });

  it('is let go of when its reader is wanted no more', async () => {
    const controller = new AbortController();
    const { stream } = byteByByte(3000, (sent) => {
      if (sent === 1000) controller.abort('gone');
    });
    await expect(read(translation('', { body: stream }), controller.signal)).rejects.toBe('gone');
  });
});

describe('a form', () => {
  const boundary = `${'-'.repeat(26)}boundary`;
  const part = (name: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="x"\r\n\r\nbytes\r\n`;
  const ask = (parts: string, type = `boundary=${boundary}`) => {
    const body = new TextEncoder().encode(`${parts}--${boundary}--\r\n`);
    const headers = { 'Content-Type': `multipart/form-data; ${type}` };
    return read(translation('', { body, headers }));
  };

  it.each([
    `boundary=${boundary}`,
    `boundary="${boundary}"`,
    `charset=utf-8; Boundary=${boundary}`,
  ])('of one file is read: %s', async (type) => {
    expect(await ask(part('picture'), type)).toEqual(new TextEncoder().encode('bytes'));
  });

  it.each([2, 3, 5000])('of %i parts comes to no parser', async (count) => {
    const parser = vi.spyOn(Response.prototype, 'formData');
    await expect(ask(part('picture').repeat(count))).rejects.toMatchObject({ status: 400 });
    expect(parser).not.toHaveBeenCalled();
    parser.mockRestore();
  });
});
