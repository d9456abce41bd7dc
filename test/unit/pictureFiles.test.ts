import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findInputs } from '../../src/cli/pictures/inputs.js';
import { planOutputs, removeStaleTemp } from '../../src/cli/pictures/outputs.js';
import { expectedSize, openBytes } from '../../src/cli/pictures/pictureWork.js';
import { encodeImage } from '../../src/image/formats.js';
import { prefetchMap } from '../../src/platform/prefetchMap.js';
import { temporaryFolder } from '../support/command.js';

const home = temporaryFolder();
afterAll(home.remove);
const at = (...names: string[]) => join(home.path, ...names);

beforeAll(() => {
  mkdirSync(at('in/deep/er'), { recursive: true });
  mkdirSync(at('empty'));
  for (const name of [
    'in/a.png',
    'in/b.JPG',
    'in/b.cyclegan.png',
    'in/notes.txt',
    'in/.hidden.png',
    'in/deep/c.jpeg',
    'in/deep/er/d.png',
  ]) {
    writeFileSync(at(name), '');
  }
});

describe('JPEG quality', () => {
  it.each([0, 101, -1, 50.5, Number.NaN])('is refused when it is %s', (quality) => {
    const picture = { width: 1, height: 1, data: new Uint8Array(3) };
    expect(() => encodeImage(picture, 'a.jpg', { quality })).toThrow(/from 1 to 100, but got/);
  });
});

describe('inputs', () => {
  const find = async (operand: string, recursive = false) =>
    (await findInputs([at(operand)], { recursive, outputs: null })).inputs.map(
      ({ relative }) => relative,
    );

  it.each([
    ['in', false, ['a.png', 'b.JPG']],
    ['in', true, ['a.png', 'b.JPG', 'deep/c.jpeg', 'deep/er/d.png']],
    ['in/notes.txt', false, ['notes.txt']],
    ['in/*.png', false, ['a.png']],
    ['in/?.jpg', false, ['b.JPG']],
    ['in/[!a].*', false, ['b.JPG']],
    ['in/**/*.png', false, ['a.png', 'deep/er/d.png']],
    ['in/*/c.jpeg', false, ['deep/c.jpeg']],
  ])('of %s (recursive: %s)', async (operand, recursive, names) => {
    expect(await find(operand, recursive)).toEqual(names);
  });

  it('are taken once, however often they are named', async () => {
    const { inputs } = await findInputs([at('in/a.png'), at('in'), at('in/*.png')], {
      recursive: false,
      outputs: null,
    });
    expect(inputs.map(({ relative }) => relative)).toEqual(['a.png', 'b.JPG']);
  });

  it.each([
    ['empty', /no picture in this folder itself; -r/],
    ['in/x.png', /no such file/],
    ['in/*.gif', /nothing matches/],
    ['in/[z-a].png', /nothing matches/],
  ])('are missed where there are none: %s', async (operand, text) => {
    await expect(find(operand)).rejects.toThrow(text);
  });
});

describe('outputs', () => {
  const plan = (paths: readonly string[], folder: string | null) =>
    planOutputs(
      paths.map((path) => ({ path: `in/${path}`, relative: path })),
      { folder, extension: '.png' },
    ).map(({ output }) => output);

  it('lie in the folder as their inputs do, or beside them', () => {
    expect(plan(['a.jpg', 'x/b.png'], 'out')).toEqual(['out/a.png', 'out/x/b.png']);
    expect(plan(['a.jpg', 'x/b.png'], null)).toEqual(['in/a.cyclegan.png', 'in/x/b.cyclegan.png']);
  });

  it('keep the extension where that alone tells them apart', () => {
    expect(plan(['a.jpg', 'A.png', 'c.jpg'], 'out')).toEqual([
      'out/a.jpg.png',
      'out/A.png.png',
      'out/c.png',
    ]);
  });

  it('never collide, and never leave the folder', () => {
    const part = fc.stringMatching(/^[ab.A-]{1,3}$/).filter((name) => !/^\.+$/.test(name));
    const path = fc
      .tuple(fc.array(part, { maxLength: 1 }), part, fc.constantFrom('.png', '.jpg', '.JPG'))
      .map(([folders, name, extension]) => [...folders, `${name}${extension}`].join('/'));
    fc.assert(
      fc.property(fc.array(path, { maxLength: 12 }), (paths) => {
        const outputs = plan(paths, 'out');
        expect(new Set(outputs.map((name) => name.toLowerCase())).size).toBe(paths.length);
        for (const output of outputs) expect(output).toMatch(/^out\/(?!.*(^|\/)\.\.(\/|$))/);
        expect(plan(paths, 'out')).toEqual(outputs);
      }),
    );
  });
});

it('what a killed process has left is removed, what a living one writes is not', async () => {
  const dead = '.x.png.999999999.cyclegan-tmp';
  const alive = `.y.png.${process.ppid}.cyclegan-tmp`;
  for (const name of [dead, alive, 'z.png']) writeFileSync(at('empty', name), '');
  const input = { path: 'x.png', relative: 'x.png' };
  await removeStaleTemp([{ input, output: at('empty', 'x.png') }]);
  expect(existsSync(at('empty', dead))).toBe(false);
  expect(readdirSync(at('empty')).sort()).toEqual([alive, 'z.png']);
});

it('prefetchMap works on so many at once, and gives outcomes in order', async () => {
  let most = 0;
  let now = 0;
  const seen: unknown[] = [];
  const work = async (n: number) => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve, n % 3));
    now--;
    if (n === 4) throw new Error('four');
    return 2 * n;
  };
  for await (const outcome of prefetchMap([1, 2, 3, 4, 5, 6], 3, work)) {
    seen.push('result' in outcome ? outcome.result : (outcome.error as Error).message);
  }
  expect(seen).toEqual([2, 4, 6, 'four', 10, 12]);
  expect(most).toBe(3);
});

describe('the shape that is expected of a picture', () => {
  const options = (pipeline: object) => {
    return {
      decode: {},
      pipeline,
      norm: 'exact' as const,
      quality: undefined,
      gallery: false,
      maxPixels: undefined,
    };
  };
  const png = (width: number, height: number) =>
    encodeImage({ width, height, data: new Uint8Array(3 * width * height) }, 'a.png');

  it('is the one that it has when it was opened', () => {
    const side = fc.integer({ min: 1, max: 40 });
    const resize = fc.constantFrom(undefined, null, 24, { width: 17, height: 30 });
    const crop = fc.constantFrom(undefined, 1, 12);
    fc.assert(
      fc.property(side, side, resize, crop, (width, height, resize, crop) => {
        // Only of a picture that is large enough can a square be cut.
        fc.pre(crop === undefined || (resize !== null && resize !== undefined));
        const bytes = png(width, height);
        const { sized } = openBytes(bytes, 'a.png', options({ resize, crop })).prepared;
        const expected = expectedSize(bytes, 'a.png', options({ resize, crop }));
        expect(expected).toEqual(
          sized.width * sized.height > 512 * 512
            ? null
            : { width: sized.width, height: sized.height },
        );
      }),
      { numRuns: 60 },
    );
  });

  it('is none where a header alone claims a large one, or claims nothing', () => {
    const bytes = png(8, 8);
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(16, 16_000);
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(20, 16_000);
    expect(expectedSize(bytes, 'a.png', options({ resize: null }))).toBeNull();
    expect(expectedSize(new Uint8Array(9), 'a.png', options({}))).toBeNull();
    expect(expectedSize(bytes, 'a.png', options({}))).toEqual({ width: 256, height: 256 });
  });
});
