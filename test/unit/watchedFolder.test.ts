import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WatchedFolder } from '../../src/cli/watch/watchedFolder.js';
import { WatchedOutputs } from '../../src/cli/watch/watchedOutputs.js';
import { encodeImage } from '../../src/image/formats.js';
import { SMALL_PICTURE, temporaryFolder } from '../support/command.js';

let home: ReturnType<typeof temporaryFolder>;
const at = (...names: string[]) => join(home.path, ...names);
beforeEach(() => {
  home = temporaryFolder();
  mkdirSync(at('in', 'below', 'out'), { recursive: true });
});
afterEach(() => home.remove());

const PNG = encodeImage(SMALL_PICTURE, 'a.png');
const watched = (options = {}, patience = 4) =>
  new WatchedFolder(
    at('in'),
    { recursive: false, outputs: null, suffix: null, ...options },
    patience,
  );

async function names(folder: WatchedFolder): Promise<string[]> {
  return (await folder.look()).ready.map(({ relative }) => relative);
}

describe('a watched folder', () => {
  it('gives a picture once, when it has stopped changing', async () => {
    const folder = watched();
    expect(await names(folder)).toEqual([]);
    writeFileSync(at('in/a.png'), PNG);
    expect(await names(folder)).toEqual([]);
    appendFileSync(at('in/a.png'), 'and more');
    expect(await names(folder)).toEqual([]);
    expect(await names(folder)).toEqual(['a.png']);
    expect(await names(folder)).toEqual([]);
  });

  it('waits for the rest of a picture that ends within itself, and gives it at last as it is', async () => {
    const folder = watched();
    writeFileSync(at('in/a.png'), PNG.subarray(0, 80));
    writeFileSync(at('in/b.png'), '');
    const looks = [];
    for (let look = 1; look <= 3; look++) looks.push(await names(folder));
    writeFileSync(at('in/a.png'), PNG);
    for (let look = 4; look <= 5; look++) looks.push(await names(folder));
    expect(looks).toEqual([[], [], [], ['b.png'], ['a.png']]);
  });

  it('gives a picture again that has changed, or has come again', async () => {
    const folder = watched();
    writeFileSync(at('in/a.png'), PNG);
    await names(folder);
    expect(await names(folder)).toEqual(['a.png']);
    writeFileSync(at('in/new.part'), encodeImage(SMALL_PICTURE, 'a.jpg'));
    renameSync(at('in/new.part'), at('in/a.png'));
    expect([await names(folder), await names(folder)]).toEqual([[], ['a.png']]);
    rmSync(at('in/a.png'));
    await names(folder);
    writeFileSync(at('in/a.png'), PNG);
    expect([await names(folder), await names(folder)]).toEqual([[], ['a.png']]);
  });

  it('passes over outputs, parts, and folders below', async () => {
    for (const name of ['a.cyclegan.png', 'a_new.png', 'b.png.part', '.c.png', 'notes.txt']) {
      writeFileSync(at('in', name), PNG);
    }
    for (const name of ['d.png', 'out/e.png']) writeFileSync(at('in/below', name), PNG);
    const flat = watched({ suffix: '_new' });
    const deep = watched({ recursive: true, outputs: at('in/below/out') });
    for (const folder of [flat, deep]) await folder.look();
    expect(await names(flat)).toEqual([]);
    expect(await names(deep)).toEqual(['a_new.png', 'below/d.png']);
    await expect(watched({ outputs: at('in') }).look()).rejects.toThrow(/among the inputs/);
  });

  it('says once which pictures have gone', async () => {
    const folder = watched();
    writeFileSync(at('in/a.png'), PNG);
    expect([(await folder.look()).gone, (await folder.look()).gone]).toEqual([[], []]);
    rmSync(at('in/a.png'));
    const gone = [(await folder.look()).gone, (await folder.look()).gone];
    expect(gone).toEqual([[at('in/a.png')], []]);
  });
});

describe('outputs of a watched folder', () => {
  const input = (name: string) => ({ path: at('in', name), relative: name });

  it('keep their names, no two of them alike', async () => {
    const outputs = new WatchedOutputs({ folder: at('out'), extension: '.png' }, false);
    const named = async (...inputs: string[]) =>
      (await outputs.jobsFor(inputs.map(input))).fresh.map(({ output }) => output);
    expect(await named('a.png')).toEqual([at('out/a.png')]);
    expect(await named('a.jpg', 'A.bmp')).toEqual([at('out/a.jpg.png'), at('out/A.bmp.png')]);
    expect(await named('a.jpg', 'a.png')).toEqual([at('out/a.jpg.png'), at('out/a.png')]);
    expect(await named('a.png.gif')).toEqual([at('out/a.png.png')]);
  });

  it('replace what this run has written, and nothing else', async () => {
    mkdirSync(at('out'));
    writeFileSync(at('out/a.png'), 'somebody else’s');
    const outputs = new WatchedOutputs({ folder: at('out'), extension: '.png' }, false);
    const [fresh, done] = [
      await outputs.jobsFor([input('b.png')]),
      await outputs.jobsFor([input('a.png')]),
    ];
    expect([fresh.fresh.length, done.done.length]).toEqual([1, 1]);
    writeFileSync(at('out/b.png'), 'ours');
    await outputs.wrote(fresh.fresh[0]);
    expect((await outputs.jobsFor([input('b.png')])).again).toEqual(fresh.fresh);
    expect((await outputs.jobsFor([input('a.png')])).done).toEqual(done.done);
    const forced = new WatchedOutputs({ folder: at('out'), extension: '.png' }, true);
    expect((await forced.jobsFor([input('a.png')])).again).toEqual(done.done);
  });

  it('are not replaced once somebody has changed them', async () => {
    mkdirSync(at('out'));
    const outputs = new WatchedOutputs({ folder: at('out'), extension: '.png' }, false);
    const { fresh } = await outputs.jobsFor([input('a.png')]);
    writeFileSync(at('out/a.png'), 'ours');
    await outputs.wrote(fresh[0]);
    writeFileSync(at('out/a.png'), 'ours, retouched');
    expect(await outputs.jobsFor([input('a.png')])).toEqual({ fresh: [], again: [], done: fresh });
  });

  it.each([
    [false, 'out/a.png.png', 'fresh'],
    [true, 'out/a.png', 'again'],
  ] as const)(
    'of another picture under the same path, forced %s: %s',
    async (force, name, kind) => {
      mkdirSync(at('out'));
      const outputs = new WatchedOutputs({ folder: at('out'), extension: '.png' }, force);
      const { fresh } = await outputs.jobsFor([input('a.png')]);
      writeFileSync(at('out/a.png'), 'ours');
      await outputs.wrote(fresh[0]);
      outputs.forget([at('in', 'a.png')]);
      const [job] = (await outputs.jobsFor([input('a.png')]))[kind];
      expect(job.output).toBe(at(name));
      outputs.forget([at('in', 'a.png')]);
      rmSync(at('out/a.png'));
      expect((await outputs.jobsFor([input('a.png')])).fresh).toEqual(fresh);
    },
  );
});
