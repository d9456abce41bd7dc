import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EnginePage } from '../support/enginePage/enginePage.js';
import type { Elements, ScratchSeen, Task } from '../support/enginePage/tasks.js';
import { golden, goldenBytes } from '../support/golden.js';
import { ISOLATION, missingChromium } from '../support/pageHost.js';

const [tiny] = golden.generators;
const file = goldenBytes(tiny.files.zip);
const OWN = /^cyclegan-[\da-f]{8}\.scratch$/;

/** One of which values take more than threads have to work with. */
const picture = (): Elements => {
  const shape = [1, 3, 192, 320];
  const data = Float32Array.from({ length: 3 * 192 * 320 }, (_, i) => Math.sin(i * 0.37));
  return { shape, data };
};

const bitsOf = ({ data }: Elements) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

const scratchTask = (
  input: Elements,
  options: Task['options'],
  rest: { isLeast?: boolean; isEnded?: boolean } = {},
) => ({ kind: 'scratch', file, input, options, ...rest }) as const;

const SCRATCH = { engine: 'wasm', scratch: '/' } as const;

describe.skipIf(missingChromium !== null).each([
  ['threads that share memory', ISOLATION, 2],
  ['one thread', {}, 1],
] as const)('a scratch file in a page, of %s', (_, headers, threads) => {
  let page: EnginePage;
  const options = { ...SCRATCH, threads };
  const inWorker = async (...given: Parameters<typeof scratchTask>) => {
    const { output, details, scratch } = await page.perform(scratchTask(...given), 'worker');
    return { output, details, ...(scratch as ScratchSeen) };
  };
  beforeAll(async () => {
    page = await EnginePage.open([], headers);
  });
  afterAll(() => page?.close());

  it('holds what does not fit into memory, leaves all bits as they are, and goes', async () => {
    const input = picture();
    const free = await inWorker(input, { engine: 'wasm', threads });
    const spilled = await inWorker(input, options, { isLeast: true });
    expect(free).toMatchObject({ scratchBytes: 0, during: [] });
    expect(spilled.scratchBytes).toBeGreaterThan(0);
    expect(spilled.memoryBytes).toBeLessThan(free.memoryBytes);
    expect(spilled.output.shape).toEqual(input.shape);
    expect(bitsOf(spilled.output).equals(bitsOf(free.output))).toBe(true);
    expect(spilled.details).toContain(threads === 1 ? '1 thread' : `${threads} threads`);
    expect(spilled.during).toEqual([expect.stringMatching(OWN)]);
    expect(spilled.after).toEqual([]);
  });

  it('goes when a run is ended, too', async () => {
    const ended = await inWorker(picture(), options, { isLeast: true, isEnded: true });
    expect(ended.during).toEqual([expect.stringMatching(OWN)]);
    expect(ended.after).toEqual([]);
  });

  it('that a worker has left goes with the next; one that is open stays, as do files of others', async () => {
    await page.evaluate(leaveFiles);
    const { during, after } = await inWorker(picture(), { ...options, economy: 'scratch' });
    const others = ['cyclegan-0123abcd.scratch.png', 'cyclegan-89abcdef.scratch', 'models'];
    expect(during).toHaveLength(others.length + 1);
    expect(after).toEqual(others);
  });

  it('is refused before the run where the page may not keep so much', async () => {
    await page.setQuota(1000);
    await expect(inWorker(picture(), { ...options, economy: 'scratch' })).rejects.toThrow(
      /too little room .* they need \d+ MB \(\d+ bytes\), and .* are left for this page/,
    );
  });

  it('is for workers alone, which the window is told', async () => {
    const task = scratchTask(picture(), { ...SCRATCH, economy: 'scratch' });
    await expect(page.perform(task, 'window')).rejects.toThrow(/a dedicated worker has/);
  });
});

/** Files as of a worker that is gone, and of one that has its own open; and others. */
async function leaveFiles(): Promise<void> {
  const root = await navigator.storage.getDirectory();
  for (const name of ['cyclegan-0123abcd.scratch', 'cyclegan-0123abcd.scratch.png', 'models']) {
    await root.getFileHandle(name, { create: true });
  }
  const source = `navigator.storage.getDirectory()
    .then((root) => root.getFileHandle('cyclegan-89abcdef.scratch', { create: true }))
    .then((file) => file.createSyncAccessHandle())
    .then((handle) => { globalThis.handle = handle; postMessage(null); });`;
  const other = new Worker(URL.createObjectURL(new Blob([source])));
  Object.assign(globalThis, { other });
  await new Promise((resolve) => other.addEventListener('message', resolve));
}
