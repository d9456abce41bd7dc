import { afterEach, describe, expect, it, vi } from 'vitest';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { decodeImage, encodeImage } from '../../src/image/formats.js';
import { Module } from '../../src/nn/module.js';
import { translate } from '../../src/translate/translate.js';
import { SMALL_PNG, smallService, TINY_WEIGHTS, translation } from '../support/serving.js';

const RANGES = [
  [0, 1],
  [0, 255],
] as const;
const ROUNDS = 3;

afterEach(() => {
  vi.restoreAllMocks();
});

async function made(inputRange: readonly [number, number]): Promise<Uint8Array> {
  const generator = await openGenerator(TINY_WEIGHTS, { inputRange });
  return encodeImage(await translate(decodeImage(SMALL_PNG), generator, { resize: null }), 'x.png');
}

function ask(service: ReturnType<typeof smallService>, [low, high]: readonly [number, number]) {
  return service(translation(`resize=none&input-range=${low}..${high}`));
}

it('an approximation of norms is what the library makes of it', async () => {
  const norm = 'thumbnail:64';
  const tiny = await openGenerator(TINY_WEIGHTS);
  const local = await translate(decodeImage(SMALL_PNG), tiny, { resize: 80, norm });
  expect(local).not.toEqual(await translate(decodeImage(SMALL_PNG), tiny, { resize: 80 }));
  const answer = await smallService()(translation(`resize=80&norm=${norm}`));
  expect(answer.status).toBe(200);
  expect(new Uint8Array(await answer.arrayBuffer())).toEqual(encodeImage(local, 'x.png'));
});

describe('callers with options of their own, at once', () => {
  it('get the pictures of their own options', async () => {
    const expected = await Promise.all(RANGES.map(made));
    expect(new Set(expected.map(String)).size).toBe(RANGES.length);
    const service = smallService({ concurrency: RANGES.length });
    for (let round = 0; round < ROUNDS; round++) {
      const answers = await Promise.all(RANGES.map((range) => ask(service, range)));
      for (const [i, answer] of answers.entries()) {
        expect(answer.status).toBe(200);
        expect(new Uint8Array(await answer.arrayBuffer())).toEqual(expected[i]);
      }
    }
  });

  it('have no generator disposed of that is at work, and leave none but the last', async () => {
    const working = new Set<Module>();
    const disposed = new Set<Module>();
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const run = Module.prototype.forwardReadingParts;
    vi.spyOn(Module.prototype, 'forwardReadingParts').mockImplementation(async function (
      this: Module,
      ...args
    ) {
      working.add(this);
      await gate;
      return run.apply(this, args).finally(() => working.delete(this));
    });
    const inUse: boolean[] = [];
    vi.spyOn(Module.prototype, 'dispose').mockImplementation(function (this: Module) {
      inUse.push(working.has(this));
      disposed.add(this);
    });
    const service = smallService({ concurrency: RANGES.length });
    const answers: Promise<Response>[] = [];
    for (const range of RANGES) {
      answers.push(ask(service, range));
      await expect.poll(() => working.size, { timeout: 20_000 }).toBe(answers.length);
    }
    open();
    for (const answer of answers) expect((await answer).status).toBe(200);
    expect(inUse).toEqual([false]);
    expect(disposed.size).toBe(1);
  });
});
