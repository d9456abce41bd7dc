import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { ThreadTranslator } from '../../src/serve/translator/threadTranslator.js';
import type { TranslationJob } from '../../src/serve/translator/translator.js';

const FILE = pathToFileURL(join(import.meta.dirname, '../support/dyingThread.mjs'));
const LIMITS = { maxPixels: 1, maxNetworkPixels: 1 };
const NEVER = new AbortController().signal;
const translators: ThreadTranslator[] = [];
afterEach(() => {
  for (const translator of translators.splice(0)) translator.end();
});

/** How long a thread may go on with what nobody waits for. */
const GRACE_MS = 100;

function start(count: number, model = 'works'): ThreadTranslator {
  const models = [[model, 'none.pth']] as const;
  const setup = { models, engine: {}, limits: LIMITS };
  const translator = new ThreadTranslator(count, FILE, setup, GRACE_MS);
  translators.push(translator);
  return translator;
}

function job(model: string): TranslationJob {
  const settings = { decode: {}, pipeline: {}, norm: 'exact' as const, quality: undefined };
  return { model, bytes: Uint8Array.of(1, 2, 3), traits: {}, settings, extension: '.png' };
}

describe('a thread that dies', () => {
  it.each(['exits', 'throws'])('costs its own request alone, when it %s', async (model) => {
    const translator = start(2);
    await translator.open();
    const [dies, lives] = [job(model), job('works')].map((one) => translator.translate(one, NEVER));
    await expect(dies).rejects.toMatchObject({ code: 'ERR_WORKER' });
    expect((await lives).bytes).toEqual(Uint8Array.of(1, 2, 3));
    expect([translator.deaths, translator.cuts]).toEqual([1, 0]);
    // Another one has taken its place.
    const later = [1, 2].map(() => translator.translate(job('works'), NEVER));
    for (const one of later) expect((await one).width).toBe(1);
  });

  it('is ended when it does not heed that its work is wanted no more', async () => {
    const translator = start(1);
    await translator.open();
    const controller = new AbortController();
    const hanging = translator.translate(job('hangs'), controller.signal);
    // By then, the thread has it.
    await new Promise((next) => setTimeout(next, 50));
    controller.abort('gone');
    await expect(hanging).rejects.toBe('gone');
    expect((await translator.translate(job('works'), NEVER)).width).toBe(1);
    expect([translator.deaths, translator.cuts]).toEqual([0, 1]);
  });

  it('is no death when a picture is bad', async () => {
    const translator = start(1);
    const failing = translator.translate(job('fails'), NEVER);
    await expect(failing).rejects.toMatchObject({ code: 'ERR_PNG', message: 'damaged' });
    expect([translator.deaths, translator.isReady]).toEqual([0, true]);
  });

  it('keeps nobody whose time is over as it opens', async () => {
    const translator = start(1, 'unending');
    const controller = new AbortController();
    const waiting = translator.translate(job('works'), controller.signal);
    controller.abort('late');
    await expect(waiting).rejects.toBe('late');
    await expect(translator.translate(job('works'), controller.signal)).rejects.toBe('late');
    expect([translator.deaths, translator.isReady]).toEqual([0, false]);
  });

  it('tells why it cannot begin', async () => {
    const translator = start(1, 'unopened');
    await expect(translator.open()).rejects.toMatchObject({ code: 'ERR_PTH_EMPTY' });
    expect(translator.isReady).toBe(false);
  });
});
