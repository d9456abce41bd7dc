import { describe, expect, it, vi } from 'vitest';
import type { EngineOptions } from '../../src/engine/engine.js';
import { CycleganError } from '../../src/errors.js';
import { orWithoutGpu } from '../../src/page/pictures/worker/withoutGpu.js';
import { engineOf } from '../../src/page/settings/settings.js';

const tooLarge = new CycleganError('ERR_TOO_LARGE', 'It needs 9 GB of 4.');

/** A picture that a GPU does not take, and every other engine does. */
function runner(failure: Error) {
  return vi.fn(async ({ engine }: EngineOptions) => {
    if (engine === 'webgpu') throw failure;
    return engine ?? 'the fastest';
  });
}

describe('the GPU in the page', () => {
  it('is the default where there is one, and what the user says comes first', () => {
    const settings = { engine: null, threads: 2 } as Parameters<typeof engineOf>[0];
    expect(engineOf(settings, true)).toEqual({ engine: 'webgpu', threads: 2 });
    expect(engineOf(settings, false)).toEqual({ engine: undefined, threads: 2 });
    expect(engineOf({ ...settings, engine: 'wasm' }, true).engine).toBe('wasm');
    expect(engineOf({ ...settings, engine: 'webgpu' }, false).engine).toBe('webgpu');
  });

  it('gives what it does not take to the processor, and the page says so', async () => {
    const notes: string[] = [];
    const run = runner(tooLarge);
    const options = { engine: 'webgpu', threads: 2 } as const;
    const by = await orWithoutGpu({ engine: null }, options, run, (note) => notes.push(note));
    expect(by).toBe('the fastest');
    expect(run.mock.calls).toEqual([[options], [{ engine: undefined, threads: 2 }]]);
    expect(notes).toEqual([
      'The processor did the work, for the GPU could not. It needs 9 GB of 4.',
    ]);
  });

  it.each([
    ['where the user wants it', 'webgpu', tooLarge],
    ['in what is no fault of its own', null, new CycleganError('ERR_SHAPE', 'too small')],
    ['in what nobody foresaw', null, new TypeError('undefined')],
  ] as const)('fails %s', async (_, chosen, failure) => {
    const run = runner(failure);
    const running = orWithoutGpu({ engine: chosen }, { engine: 'webgpu' }, run, () =>
      expect.unreachable(),
    );
    await expect(running).rejects.toBe(failure);
    expect(run).toHaveBeenCalledTimes(1);
  });
});
